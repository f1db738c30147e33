package dev.sluice.translation;

import static dev.sluice.translation.JsonText.bytes;
import static dev.sluice.translation.JsonText.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChatStreamAsMessagesTest {
    private static final String START = "message_start {'type':'message_start','message':{'id':'msg_c1','type':'message',"
            + "'role':'assistant','model':'gpt','content':[],'stop_reason':null,'stop_sequence':null,"
            + "'usage':{'input_tokens':0,'cache_creation_input_tokens':0,'cache_read_input_tokens':0,"
            + "'output_tokens':0}}}";
    private static final String STOP = "message_stop {'type':'message_stop'}";

    private final ChatStreamAsMessages translation = new ChatStreamAsMessages(false);

    @Test
    void tellsATextDeltaByDelta() {
        List<String> told = told(translation, stream(
                chunk("{'role':'assistant','content':''}"), chunk("{'content':'Hel'}"), chunk("{'content':'lo'}"),
                finish("stop"), usage("{'prompt_tokens':12,'completion_tokens':5,'total_tokens':17,"
                        + "'prompt_tokens_details':{'cached_tokens':2}}")));

        assertThat(told).containsExactly(START,
                start(0, "{'type':'text','text':''}"),
                delta(0, "{'type':'text_delta','text':'Hel'}"),
                delta(0, "{'type':'text_delta','text':'lo'}"),
                stop(0),
                "message_delta {'type':'message_delta','delta':{'stop_reason':'end_turn','stop_sequence':null},"
                        + "'usage':{'input_tokens':10,'cache_creation_input_tokens':0,'cache_read_input_tokens':2,"
                        + "'output_tokens':5}}",
                STOP);
    }

    @Test
    void tellsACallPieceByPiece() {
        List<String> told = told(translation, stream(
                chunk("{'role':'assistant','content':null}"), chunk("{'content':'I look.'}"),
                call(0, "'id':'call_1','type':'function',", "'name':'weather','arguments':''"),
                call(0, "", "'arguments':'{\\\"city'"), call(0, "", "'arguments':'\\\":1}'"), finish("tool_calls")));

        assertThat(told.subList(1, told.size() - 2)).containsExactly(
                start(0, "{'type':'text','text':''}"),
                delta(0, "{'type':'text_delta','text':'I look.'}"),
                stop(0),
                start(1, "{'type':'tool_use','id':'call_1','name':'weather','input':{}}"),
                input(1, "{\\'city"), input(1, "\\':1}"),
                stop(1));
        assertThat(told.get(told.size() - 2)).contains("'stop_reason':'tool_use'");
    }

    @Test
    void tellsCallsOneAfterTheOther() {
        List<String> told = told(translation, stream(
                call(0, "'id':'a',", "'name':'f','arguments':''"), call(0, "", "'arguments':'{}'"),
                call(1, "'id':'b',", "'name':'g','arguments':''"), call(1, "", "'arguments':'{}'"),
                finish("tool_calls")));

        assertThat(told.subList(1, 7)).containsExactly(
                start(0, "{'type':'tool_use','id':'a','name':'f','input':{}}"), input(0, "{}"), stop(0),
                start(1, "{'type':'tool_use','id':'b','name':'g','input':{}}"), input(1, "{}"), stop(1));
    }

    @Test
    void untanglesCallsThatAreToldAtTheSameTime() {
        List<String> told = told(translation, stream(
                call(0, "'id':'a',", "'name':'f','arguments':''"), call(1, "'id':'b',", "'name':'g','arguments':''"),
                call(1, "", "'arguments':'{\\\"y\\\"'"), call(0, "", "'arguments':'{\\\"}\\\"'"),
                call(1, "", "'arguments':':2}'"), call(0, "", "'arguments':':1}'"), finish("tool_calls")));

        assertThat(told.subList(1, 8)).containsExactly(
                start(0, "{'type':'tool_use','id':'a','name':'f','input':{}}"), input(0, "{\\'}\\'"), input(0, ":1}"),
                stop(0),
                start(1, "{'type':'tool_use','id':'b','name':'g','input':{}}"), input(1, "{\\'y\\':2}"), stop(1));
    }

    @Test
    void tellsCallsThatComeWholeAndWithoutNumbers() {
        List<String> told = told(translation, stream(
                chunk("{'tool_calls':[{'id':'a','function':{'name':'f','arguments':'{}'}},"
                        + "{'id':'b','function':{'name':'g','arguments':'{}'}}]}"),
                finish("stop")));

        assertThat(told).contains(start(0, "{'type':'tool_use','id':'a','name':'f','input':{}}"),
                start(1, "{'type':'tool_use','id':'b','name':'g','input':{}}"));
        assertThat(told.get(told.size() - 2)).contains("'stop_reason':'tool_use'");
    }

    @Test
    void callsWithoutArguments() {
        List<String> told = told(translation, stream(
                call(0, "'id':'a',", "'name':'f','arguments':''"), call(1, "'id':'b',", "'name':'g','arguments':''"),
                finish("tool_calls")));

        assertThat(told.subList(1, 5)).containsExactly(
                start(0, "{'type':'tool_use','id':'a','name':'f','input':{}}"), stop(0),
                start(1, "{'type':'tool_use','id':'b','name':'g','input':{}}"), stop(1));
    }

    @Test
    void followsNoCallThatGoesOnAfterItsEnd() {
        ChatStreamAsMessages stream = translation;
        stream.take(event(call(0, "'id':'a',", "'name':'f','arguments':'{}'")));
        stream.take(event(call(1, "'id':'b',", "'name':'g','arguments':'{}'")));

        assertThatExceptionOfType(UnreadableAnswer.class)
                .isThrownBy(() -> stream.take(event(call(0, "", "'arguments':'{}'"))));
    }

    @Test
    void tellsThoughtsToWhoeverAskedForThem() {
        List<SseEvent> stream = stream(chunk("{'reasoning_content':'Hm.'}"), chunk("{'content':'x'}"), finish("stop"));

        List<String> asked = told(new ChatStreamAsMessages(true), stream);
        List<String> unasked = told(new ChatStreamAsMessages(false), stream);

        assertThat(asked.subList(1, 5)).containsExactly(
                start(0, "{'type':'thinking','thinking':'','signature':''}"),
                delta(0, "{'type':'thinking_delta','thinking':'Hm.'}"), stop(0), start(1, "{'type':'text','text':''}"));
        assertThat(unasked.get(1)).isEqualTo(start(0, "{'type':'text','text':''}"));
    }

    @Test
    void refuses() {
        List<String> told = told(translation, stream(chunk("{'refusal':'I cannot.'}"), finish("stop")));

        assertThat(told).contains(delta(0, "{'type':'text_delta','text':'I cannot.'}"));
        assertThat(told.get(told.size() - 2)).contains("'stop_reason':'refusal'");
    }

    @Test
    void endsAlsoWhereTheProviderForgetsTheTerminalEvent() {
        List<String> told = new ArrayList<>();
        translation.take(event(chunk("{'content':'x'}")));
        translation.take(event(finish("length")));
        translation.end().forEach(event -> told.add(JsonText.line(event)));

        assertThat(told).hasSize(3).contains(stop(0), STOP);
        assertThat(told.get(1)).contains("'stop_reason':'max_tokens'");
        assertThat(translation.end()).isEmpty();
    }

    @Test
    void endsNothingThatTheProviderDidNotEnd() {
        translation.take(event(chunk("{'content':'x'}")));

        assertThat(translation.end()).isEmpty();
        assertThat(translation.take(event("[DONE]"))).isEmpty();
    }

    @Test
    void tellsAnErrorInTheClientsShape() {
        translation.take(event(chunk("{'content':'x'}")));

        assertThat(translation.take(event("{'error':{'message':'Slow down','type':'x','code':429}}")))
                .extracting(JsonText::line).containsExactly(
                        "error {'type':'error','error':{'type':'rate_limit_error','message':'Slow down'}}");
    }

    @Test
    void beginsWithTheFirstChunkThatSaysWhoSpeaks() {
        List<String> told = told(translation, stream(
                "{'id':'','model':'','choices':[],'prompt_filter_results':[]}", chunk("{'content':'x'}"),
                finish("stop")));

        assertThat(told.get(0)).isEqualTo(START);
    }

    @Test
    void handsCommentsOn() {
        SseEvent comment = SseEvent.comment("OPENROUTER PROCESSING");

        assertThat(translation.take(comment)).containsExactly(comment);
    }

    private static List<SseEvent> stream(String... data) {
        return Stream.concat(Stream.of(data), Stream.of("[DONE]")).map(ChatStreamAsMessagesTest::event).toList();
    }

    private static SseEvent event(String data) {
        return SseEvent.of(bytes(data));
    }

    private static String chunk(String delta) {
        return "{'id':'c1','object':'chat.completion.chunk','created':1,'model':'gpt','choices':[{'index':0,'delta':"
                + delta + ",'finish_reason':null}]}";
    }

    private static String call(int index, String head, String function) {
        return chunk("{'tool_calls':[{'index':" + index + "," + head + "'function':{" + function + "}}]}");
    }

    private static String finish(String reason) {
        return "{'id':'c1','model':'gpt','choices':[{'index':0,'delta':{},'finish_reason':'" + reason + "'}]}";
    }

    private static String usage(String usage) {
        return "{'id':'c1','model':'gpt','choices':[],'usage':" + usage + "}";
    }

    private static String start(int index, String block) {
        return "content_block_start {'type':'content_block_start','index':" + index + ",'content_block':" + block + "}";
    }

    private static String input(int index, String json) {
        return delta(index, "{'type':'input_json_delta','partial_json':'" + json + "'}");
    }

    private static String delta(int index, String delta) {
        return "content_block_delta {'type':'content_block_delta','index':" + index + ",'delta':" + delta + "}";
    }

    private static String stop(int index) {
        return "content_block_stop {'type':'content_block_stop','index':" + index + "}";
    }
}
