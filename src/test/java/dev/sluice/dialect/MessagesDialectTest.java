package dev.sluice.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Endpoint;
import dev.sluice.Finish;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.sse.SseEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies are written with single quotes for double ones; sequences of events after Anthropic's public description. */
class MessagesDialectTest {
    private static final Dialect MESSAGES = Dialect.of(Endpoint.MESSAGES);
    private static final String START = """
            {'type':'message_start','message':{'id':'msg_1','type':'message','role':'assistant','content':[],\
            'model':'claude-sonnet-4-5-20250929','stop_reason':null,'stop_sequence':null,'usage':{'input_tokens':25,\
            'cache_creation_input_tokens':30,'cache_read_input_tokens':5,'cache_creation':\
            {'ephemeral_5m_input_tokens':10,'ephemeral_1h_input_tokens':20},'output_tokens':1}}}""";
    private static final String FINISH = """
            {'type':'message_delta','delta':{'stop_reason':'end_turn','stop_sequence':null},\
            'usage':{'output_tokens':15}}""";

    @Test
    void readsWhatTheGatewayActsOn() {
        Request request = read("""
                {'model':'claude','max_tokens':100,'stream':true,'system':'Be brief.','messages':[
                 {'role':'user','content':'Hi'},{'role':'assistant','content':[{'type':'text','text':'Hello'}]},
                 {'role':'user','content':[{'type':'text','text':'One'},{'type':'text','text':'Two'}]},
                 {'role':'assistant','content':[{'type':'tool_use','id':'t','name':'n','input':{}}]},
                 {'role':'user','content':[{'type':'tool_result','tool_use_id':'t','content':'result'}]}]}""");

        assertThat(request.endpoint()).isEqualTo(Endpoint.MESSAGES);
        assertThat(request.model()).isEqualTo("claude");
        assertThat(request.prompt()).isEqualTo("One\nTwo");
        assertThat(request.outputBound()).isEqualTo(100);
        assertThat(request.choices()).isOne();
        assertThat(request.streamed()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'messages':[{'role':'user','content':'x'}]} | model",
            "{'model':'c'} | messages",
            "{'model':'c','messages':[]} | messages",
            "{'model':'c','messages':['x']} | messages[0]",
            "{'model':'c','messages':[{'content':'x'}]} | messages[0].role",
            "{'model':'c','messages':[{'role':'user'}]} | messages[0].content",
            "{'model':'c','messages':[{'role':'user','content':null}]} | messages[0].content",
            "{'model':'c','messages':[{'role':'user','content':'x'}],'max_tokens':-1} | max_tokens",
            "{'model':'c','messages':[{'role':'user','content':'x'}],'stream':'yes'} | stream",
            "{'model':'c','messages':[{'role':'user','content':'x'}],'system':{}} | system",
            "{'model':'c','messages':[{'role':'user','content':'x'}],'tools':{}} | tools",
            "{'model':'c','messages':[{'role':'user','content':'x'}],'tool_choice':'auto'} | tool_choice",
            "{'model':'c','messages':[{'role':'user','content':'x'}],'container':'container_1'} | container",
            "{'model':'c','messages':[{'role':'user','content':'x'}],'container':{'id':'container_1'}} | container"})
    void refusesWhatCannotBeServed(String body, String param) {
        assertThatExceptionOfType(Refused.class).isThrownBy(() -> read(body)).satisfies(refused -> {
            assertThat(refused.refusal().status()).isEqualTo(400);
            assertThat(refused.refusal().param()).contains(param);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = { "'container':{'skills':[]}", "'mcp_servers':[]",
            "'tools':[{'type':'web_search_20250305','name':'web_search'}]",
            "'tools':[{'type':'code_execution_20250825','name':'code_execution'}]"})
    void knowsWhatTouchesStateAtTheProvider(String member) {
        assertThat(MESSAGES.touchesUpstreamState(asked(member))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = { "'tools':[{'name':'a','input_schema':{}}]",
            "'tools':[{'type':'custom','name':'a','input_schema':{}}]",
            "'tools':[{'type':'bash_20250124','name':'bash'}]", "'container':null"})
    void knowsWhatDoesNot(String member) {
        assertThat(MESSAGES.touchesUpstreamState(asked(member))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({ "400, invalid_request_error", "429, rate_limit_error", "503, overloaded_error", "502, api_error"})
    void refusesInAnthropicsWords(int status, String type) {
        Refusal refusal = Refusal.of(status, "our_type", "our_code", "No \"quotes\".");

        JsonNode error = json(MESSAGES.error(refusal));
        SseEvent event = MESSAGES.errorEvent(refusal);

        assertThat(error).isEqualTo(json(bytes("{'type':'error','error':{'type':'" + type
                + "','message':'No \\'quotes\\'.'}}")));
        assertThat(event.type()).isEqualTo("error");
        assertThat(json(event.data())).isEqualTo(error);
    }

    @Test
    void readsAWholeAnswer() {
        byte[] body = bytes("""
                {'model':'claude-sonnet-4-5-20250929','content':[{'type':'text','text':'the model'}],
                 'usage':{'input_tokens':25,'cache_creation_input_tokens':30,'cache_read_input_tokens':5,
                 'cache_creation':{'ephemeral_5m_input_tokens':10,'ephemeral_1h_input_tokens':20},
                 'output_tokens':7,'service_tier':'standard'}}""");

        WholeAnswer answer = MESSAGES.answer(body).orElseThrow();

        assertThat(answer.usage()).contains(new Usage(60, 5, 10, 20, 7));
        assertThat(new String(answer.naming("ours"), UTF_8))
                .isEqualTo(new String(body, UTF_8).replace("claude-sonnet-4-5-20250929", "ours"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'input_tokens':1,'output_tokens':2} | 1 | 0",
            "{'input_tokens':1,'output_tokens':2,'cache_creation_input_tokens':null} | 1 | 0",
            "{'input_tokens':1,'output_tokens':2,'cache_read_input_tokens':9} | 10 | 9"})
    void countsAsAnthropicDoes(String usage, long input, long cached) {
        assertThat(MESSAGES.answer(bytes("{'usage':" + usage + "}")).orElseThrow().usage())
                .contains(new Usage(input, cached, 2));
    }

    @ParameterizedTest
    @ValueSource(strings = { "{}", "{'usage':{}}", "{'usage':{'input_tokens':1}}",
            "{'usage':{'input_tokens':-1,'output_tokens':1}}", "{'usage':{'input_tokens':'x','output_tokens':1}}",
            "{'usage':{'input_tokens':1,'output_tokens':1,'cache_read_input_tokens':-5}}"})
    void doesNotBelieveCountsThatCannotBe(String body) {
        assertThat(MESSAGES.answer(bytes(body)).orElseThrow().usage()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({ "end_turn, true, true", "stop_sequence, true, true", "tool_use, true, true", "max_tokens, true, false",
            "model_context_window_exceeded, true, false", "refusal, false, false", "pause_turn, false, false",
            "novel, false, false"})
    void knowsAWholeAnswerByItsStopReason(String reason, boolean whole, boolean wholeBelowOurBound) {
        Finish finish = MESSAGES.answer(bytes("{'type':'message','stop_reason':'" + reason + "'}")).orElseThrow()
                .finish();
        StreamReader reader = readerOf(START, FINISH.replace("end_turn", reason), "{'type':'message_stop'}");

        assertThat(finish.isWhole(true)).isEqualTo(whole);
        assertThat(finish.isWhole(false)).isEqualTo(wholeBelowOurBound);
        assertThat(reader.isWhole(true)).isEqualTo(whole);
        assertThat(reader.isWhole(false)).isEqualTo(wholeBelowOurBound);
    }

    @Test
    void readsAStream() {
        StreamReader reader = MESSAGES.reader(null, "ours");

        SseEvent start = reader.read(event("message_start", START));
        read(reader, "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}",
                "{'type':'ping'}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hello'}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'{}'}}");

        assertThat(new String(start.raw(), UTF_8)).isEqualTo("event: message_start\ndata: "
                + new String(bytes(START.replace("claude-sonnet-4-5-20250929", "ours")), UTF_8) + "\n\n");
        assertThat(reader.told()).isEqualTo(new Told("Hello{}", 7));
        assertThat(reader.isComplete()).isFalse();
        read(reader, FINISH);
        assertThat(reader.isComplete()).isTrue();
        assertThat(reader.ended()).isFalse();
        assertThat(reader.isWhole(true)).isFalse();
        read(reader, "{'type':'message_stop'}");
        assertThat(reader.ended()).isTrue();
        assertThat(reader.isWhole(false)).isTrue();
        assertThat(reader.failed()).isFalse();
        assertThat(reader.usage()).contains(new Usage(60, 5, 10, 20, 15));
    }

    @Test
    void noticesAFaultThatTheProviderReports() {
        StreamReader reader = readerOf(START,
                "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}");

        assertThat(reader.failed()).isTrue();
        assertThat(reader.isComplete()).isFalse();
    }

    @Test
    void takesNoStreamForWholeThatHeldSomethingElse() {
        StreamReader reader = readerOf(START, "nonsense", FINISH, "{'type':'message_stop'}");

        assertThat(reader.ended()).isTrue();
        assertThat(reader.isWhole(true)).isFalse();
    }

    @Test
    void tellsAWholeAnswerAsAStreamAndBack() {
        byte[] whole = bytes("""
                {'id':'msg_1','type':'message','role':'assistant','model':'claude','content':[
                 {'type':'thinking','thinking':'Hm.','signature':'EqQB'},{'type':'redacted_thinking','data':'x'},
                 {'type':'text','text':'Über 😀','citations':[{'type':'char_location','cited_text':'a'}]},
                 {'type':'tool_use','id':'t1','name':'a','input':{'x':[1,2.50,{'y':'}'}]}},
                 {'type':'tool_use','id':'t2','name':'b','input':{}},{'type':'text','text':''}],
                 'stop_reason':'tool_use','stop_sequence':null,'usage':{'input_tokens':25,'output_tokens':99}}""");

        List<SseEvent> events = MESSAGES.split(whole, null);

        assertThat(json(MESSAGES.assemble(events))).isEqualTo(json(whole));
        assertThat(events).extracting(SseEvent::type).startsWith("message_start", "content_block_start",
                "content_block_delta", "content_block_delta", "content_block_stop", "content_block_start",
                "content_block_stop", "content_block_start").endsWith("message_delta", "message_stop");
        assertThat(events).filteredOn(MESSAGES::isTerminal).hasSize(1);
        StreamReader reader = MESSAGES.reader(null, "claude");
        events.forEach(reader::read);
        assertThat(reader.isWhole(false)).isTrue();
        assertThat(reader.usage()).contains(new Usage(25, 0, 99));
    }

    @Test
    void assemblesWhatCameInPieces() {
        List<SseEvent> events = Stream.of(START,
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hel'}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'lo'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'content_block_start','index':1,'content_block':{'type':'tool_use','id':'t','name':'n',"
                        + "'input':{}}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'{\\'a'}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':"
                        + "'\\':1}'}}",
                "{'type':'content_block_stop','index':1}", FINISH, "{'type':'message_stop'}")
                .map(data -> event("any", data)).toList();

        JsonNode message = json(MESSAGES.assemble(events));

        assertThat(message.get("content")).isEqualTo(json(bytes(
                "{'c':[{'type':'text','text':'Hello'},{'type':'tool_use','id':'t','name':'n','input':{'a':1}}]}"))
                .get("c"));
        assertThat(message.get("stop_reason").asText()).isEqualTo("end_turn");
        assertThat(message.at("/usage/output_tokens").asInt()).isEqualTo(15);
        assertThat(message.at("/usage/input_tokens").asInt()).isEqualTo(25);
    }

    @Test
    void doesNotAssembleWhatIsNoMessage() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> MESSAGES.assemble(List.of(event("message_delta", FINISH))));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> MESSAGES.split(bytes("{'type':'error'}"), null));
    }

    private static StreamReader readerOf(String... events) {
        StreamReader reader = MESSAGES.reader(null, "ours");
        read(reader, events);
        return reader;
    }

    private static void read(StreamReader reader, String... events) {
        for (String data : events) {
            reader.read(event("any", data));
        }
    }

    private static SseEvent event(String type, String data) {
        return SseEvent.of(type, bytes(data));
    }

    private static Request asked(String member) {
        return read("{'model':'c','max_tokens':1,'messages':[{'role':'user','content':'x'}]," + member + "}");
    }

    private static Request read(String body) {
        return MESSAGES.read(bytes(body));
    }

    private static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }

    private static JsonNode json(byte[] bytes) {
        try {
            return new ObjectMapper().readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
