package dev.sluice.translation;

import static dev.sluice.translation.JsonText.bytes;
import static dev.sluice.translation.JsonText.line;
import static dev.sluice.translation.JsonText.told;
import static dev.sluice.translation.JsonText.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Endpoint;
import dev.sluice.dialect.Dialect;
import dev.sluice.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The sequences are written after Anthropic's public description of its streams. */
class MessagesStreamAsChatTest {
    private static final long CREATED = 1_790_000_000;
    private static final String START = """
            {'type':'message_start','message':{'id':'msg_1','type':'message','role':'assistant','content':[],
             'model':'claude','stop_reason':null,'stop_sequence':null,
             'usage':{'input_tokens':25,'cache_creation_input_tokens':10,'cache_read_input_tokens':5,
             'output_tokens':1}}}""";
    private static final String FRAME = "{'id':'msg_1','object':'chat.completion.chunk','created':1790000000,"
            + "'model':'claude','choices':[";

    private final MessagesStreamAsChat translation = new MessagesStreamAsChat(CREATED, true);

    @Test
    void tellsATextDeltaByDelta() {
        List<String> told = told(translation, events(START,
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}",
                "{'type':'ping'}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hello'}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'!'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'message_delta','delta':{'stop_reason':'end_turn','stop_sequence':null},"
                        + "'usage':{'output_tokens':15}}",
                "{'type':'message_stop'}"));

        assertThat(told).containsExactly(
                chunk("{'role':'assistant','content':''}", "null"),
                ": ping",
                chunk("{'content':'Hello'}", "null"),
                chunk("{'content':'!'}", "null"),
                chunk("{}", "'stop'"),
                FRAME + "],'usage':{'prompt_tokens':40,'completion_tokens':15,'total_tokens':55,"
                        + "'prompt_tokens_details':{'cached_tokens':5,'cache_write_tokens':10}}}",
                "[DONE]");
    }

    @Test
    void tellsToolCallsByTheirNumbers() {
        List<String> told = told(translation, events(START,
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':'Look'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'content_block_start','index':1,'content_block':{'type':'tool_use','id':'toolu_1',"
                        + "'name':'weather','input':{}}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':''}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'{}'}}",
                "{'type':'content_block_stop','index':1}",
                "{'type':'content_block_start','index':2,'content_block':{'type':'tool_use','id':'toolu_2',"
                        + "'name':'now','input':{}}}",
                "{'type':'content_block_stop','index':2}",
                "{'type':'message_delta','delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':9}}",
                "{'type':'message_stop'}"));

        assertThat(told.subList(1, 7)).containsExactly(
                chunk("{'content':'Look'}", "null"),
                chunk("{'tool_calls':[{'index':0,'id':'toolu_1','type':'function','function':{'name':'weather',"
                        + "'arguments':''}}]}", "null"),
                chunk("{'tool_calls':[{'index':0,'function':{'arguments':'{}'}}]}", "null"),
                chunk("{'tool_calls':[{'index':1,'id':'toolu_2','type':'function','function':{'name':'now',"
                        + "'arguments':''}}]}", "null"),
                // without it the arguments would be no JSON
                chunk("{'tool_calls':[{'index':1,'function':{'arguments':'{}'}}]}", "null"),
                chunk("{}", "'tool_calls'"));
    }

    @Test
    void tellsThoughtsButNoSignaturesAndNothingOfAnthropicsOwnTools() {
        List<String> told = told(translation, events(START,
                "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':'',"
                        + "'signature':''}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'Hm.'}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta','signature':'EqQB'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'content_block_start','index':1,'content_block':{'type':'server_tool_use','id':'s',"
                        + "'name':'web_search','input':{}}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'{}'}}",
                "{'type':'content_block_stop','index':1}",
                "{'type':'something_new'}"));

        assertThat(told).hasSize(2).contains(chunk("{'reasoning_content':'Hm.'}", "null"));
    }

    @Test
    void tellsAnErrorInTheClientsShape() {
        List<SseEvent> told = translation.take(event(
                "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}"));

        assertThat(told).extracting(JsonText::line).containsExactly(
                "{'error':{'message':'Overloaded','type':'overloaded_error','param':null,'code':null}}");
    }

    @Test
    void endsNothingThatTheProviderDidNotEnd() {
        translation.take(event(START));

        assertThat(translation.end()).isEmpty();
    }

    @Test
    void handsCommentsOn() {
        SseEvent comment = SseEvent.comment("keep-alive");

        assertThat(translation.take(comment)).containsExactly(comment);
    }

    @Test
    void doesNotReadWhatIsNoEvent() {
        assertThatExceptionOfType(UnreadableAnswer.class).isThrownBy(() -> translation.take(event("nonsense")));
    }

    @Test
    void comesToWhatTheWholeAnswerSays() {
        byte[] whole = MessagesAnswerAsChat.translate(bytes("""
                {'id':'msg_1','model':'claude','content':[{'type':'thinking','thinking':'Hm.','signature':'s'},
                 {'type':'text','text':'Über 😀'},{'type':'tool_use','id':'t1','name':'a','input':{'x':[1,{'y':'}'}]}},
                 {'type':'tool_use','id':'t2','name':'b','input':{}}],'stop_reason':'tool_use',
                 'usage':{'input_tokens':25,'cache_creation_input_tokens':10,'cache_read_input_tokens':5,
                 'output_tokens':99}}"""), CREATED);
        List<SseEvent> chunks = new ArrayList<>();

        Stream.of(START, "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':''}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'Hm.'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'content_block_start','index':1,'content_block':{'type':'text','text':''}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'text_delta','text':'Über '}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'text_delta','text':'😀'}}",
                "{'type':'content_block_stop','index':1}",
                "{'type':'content_block_start','index':2,'content_block':{'type':'tool_use','id':'t1','name':'a',"
                        + "'input':{}}}",
                delta(2, "{\\\"x\\\":[1"), delta(2, ",{\\\"y\\\":\\\"}"), delta(2, "\\\"}]}"),
                "{'type':'content_block_stop','index':2}",
                "{'type':'content_block_start','index':3,'content_block':{'type':'tool_use','id':'t2','name':'b',"
                        + "'input':{}}}",
                "{'type':'content_block_stop','index':3}",
                "{'type':'message_delta','delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':99}}",
                "{'type':'message_stop'}")
                .flatMap(data -> translation.take(event(data)).stream())
                .filter(event -> event.hasData() && !event.isDone()).forEach(chunks::add);

        JsonNode assembled = tree(Dialect.of(Endpoint.CHAT_COMPLETIONS).assemble(chunks));
        JsonNode expected = tree(whole);
        assertThat(assembled.get("usage")).isEqualTo(expected.get("usage"));
        for (String member : List.of("content", "reasoning_content", "tool_calls", "role")) {
            assertThat(assembled.at("/choices/0/message/" + member))
                    .isEqualTo(expected.at("/choices/0/message/" + member));
        }
        assertThat(assembled.at("/choices/0/finish_reason")).isEqualTo(expected.at("/choices/0/finish_reason"));
    }

    private static String delta(int index, String json) {
        return "{'type':'content_block_delta','index':" + index + ",'delta':{'type':'input_json_delta','partial_json':'"
                + json + "'}}";
    }

    private static String chunk(String delta, String finishReason) {
        return FRAME + "{'index':0,'delta':" + delta + ",'logprobs':null,'finish_reason':" + finishReason + "}]}";
    }

    private static List<SseEvent> events(String... data) {
        return Stream.of(data).map(MessagesStreamAsChatTest::event).toList();
    }

    private static SseEvent event(String data) {
        return SseEvent.of("any", bytes(data));
    }
}
