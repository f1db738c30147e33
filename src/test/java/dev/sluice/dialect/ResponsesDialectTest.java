package dev.sluice.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Endpoint;
import dev.sluice.Finish;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.json.Json;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponsesDialectTest {
    private static final Dialect RESPONSES = Dialect.of(Endpoint.RESPONSES);
    private static final String ANSWER = """
            {"id":"resp_1","object":"response","created_at":1,"status":"completed","error":null,
            "incomplete_details":null,"model":"upstream","output":[
            {"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"x"},
            {"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search"}},
            {"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[
            {"type":"output_text","text":"Hällo","annotations":[{"type":"url_citation","url":"u"}],"logprobs":[]},
            {"type":"refusal","refusal":"No."}]},
            {"id":"fc_1","type":"function_call","status":"completed","call_id":"c","name":"f","arguments":"{}"}],
            "usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},
            "output_tokens":5,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":15}}""";

    @Test
    void readsWhatTheGatewayActsOn() {
        Request request = read("""
                {"model":"m","max_output_tokens":50,"stream":true,"input":[{"role":"user","content":"first"},
                {"role":"user","content":[{"type":"input_text","text":"last"},{"type":"input_text","text":"words"}]},
                {"type":"function_call_output","call_id":"c","output":"1"}]}""");

        assertThat(request.model()).isEqualTo("m");
        assertThat(request.outputBound()).isEqualTo(50);
        assertThat(request.streamed()).isTrue();
        assertThat(request.prompt()).isEqualTo("last\nwords");
        assertThat(read("{\"model\":\"m\",\"input\":\"text\"}").prompt()).isEqualTo("text");
        assertThat(read("{\"model\":\"m\",\"instructions\":\"do\",\"input\":[]}").prompt()).isEqualTo("do");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = { "`{'input':'x'}`,model", "`{'model':'m'}`,input",
            "`{'model':'m','input':7}`,input", "`{'model':'m','input':['x']}`,input[0]",
            "`{'model':'m','input':'x','background':true}`,background",
            "`{'model':'m','input':'x','store':1}`,store",
            "`{'model':'m','input':'x','max_output_tokens':-1}`,max_output_tokens"})
    void whatCannotBeServedIsRefusedByName(String body, String param) {
        assertThatThrownBy(() -> read(body.replace('\'', '"'))).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().status()).isEqualTo(400);
            assertThat(refused.refusal().param()).contains(param);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = { "'input':'x'", "'input':'x','store':null", "'input':'x','store':true",
            "'input':'x','store':false,'previous_response_id':'r'", "'input':'x','store':false,'conversation':'c'",
            "'input':'x','store':false,'prompt':{'id':'p'}",
            "'input':'x','store':false,'tools':[{'type':'web_search'}]",
            "'input':[{'type':'item_reference','id':'i'}],'store':false", "'input':[{'id':'i'}],'store':false",
            "'input':[{'type':'reasoning','id':'i','summary':[]}],'store':false"})
    void stateAtTheProviderIsTouchedUnlessEverythingForbidsIt(String members) {
        assertThat(touchesState(members)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = { "'input':'x','store':false", "'input':'x','store':false,'previous_response_id':null",
            "'input':'x','store':false,'tools':[{'type':'function','name':'f'},{'type':'custom','name':'g'}]",
            "'input':[{'type':'message','id':'i','role':'assistant','content':'a'}],'store':false",
            "'input':[{'type':'reasoning','id':'i','summary':[],'encrypted_content':'e'}],'store':false"})
    void withoutStateNoneIsTouched(String members) {
        assertThat(touchesState(members)).isFalse();
    }

    private static boolean touchesState(String members) {
        return RESPONSES
                .touchesUpstreamState(read("{'model':'m',".replace('\'', '"') + members.replace('\'', '"') + "}"));
    }

    @Test
    void usageAndModelAreFoundInAWholeAnswer() {
        WholeAnswer answer = RESPONSES.answer(bytes(ANSWER)).orElseThrow();

        assertThat(answer.usage()).contains(new Usage(10, 4, 2, 0, 5));
        assertThat(Tree.object(answer.naming("m")).path("model").asText()).isEqualTo("m");
    }

    @ParameterizedTest
    @CsvSource({ "completed,,true,true", "completed,,false,true", "incomplete,max_output_tokens,true,true",
            "incomplete,max_output_tokens,false,false", "incomplete,content_filter,true,false", "failed,,true,false",
            "in_progress,,true,false"})
    void whatIsWholeSaysItsStatus(String status, String reason, boolean boundCounts, boolean whole) {
        String details = reason == null ? "null" : "{\"reason\":\"" + reason + "\"}";
        String answer = "{\"status\":\"" + status + "\",\"incomplete_details\":" + details + "}";

        assertThat(RESPONSES.answer(bytes(answer)).orElseThrow().finish().isWhole(boundCounts)).isEqualTo(whole);
    }

    @Test
    void anAnswerThatIsNestedAsDeepAsAnyMayBeIsToldInEvents() {
        String deep = "[".repeat(999) + "]".repeat(999);
        byte[] answer = bytes("{\"status\":\"completed\",\"output\":[],\"metadata\":" + deep + "}");

        assertThat(RESPONSES.answer(answer).orElseThrow().finish()).isEqualTo(Finish.COMPLETE);
        assertThat(new String(RESPONSES.split(answer, null).get(0).data(), StandardCharsets.UTF_8)).contains(deep);
    }

    @Test
    void aWholeAnswerIsToldInEventsThatComeToTheSame() {
        // when
        List<SseEvent> events = RESPONSES.split(bytes(ANSWER), read("{\"model\":\"m\",\"input\":\"x\"}"));

        // then
        assertThat(events).extracting(SseEvent::type).containsExactly("response.created", "response.in_progress",
                "response.output_item.added", "response.reasoning_summary_part.added",
                "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done",
                "response.reasoning_summary_part.done", "response.output_item.done",
                "response.output_item.added", "response.output_item.done",
                "response.output_item.added", "response.content_part.added", "response.output_text.delta",
                "response.output_text.annotation.added", "response.output_text.done", "response.content_part.done",
                "response.content_part.added", "response.refusal.delta", "response.refusal.done",
                "response.content_part.done", "response.output_item.done",
                "response.output_item.added", "response.function_call_arguments.delta",
                "response.function_call_arguments.done", "response.output_item.done", "response.completed");
        assertThat(Tree.object(RESPONSES.assemble(events))).isEqualTo(Tree.object(bytes(ANSWER)));
        JsonNode begun = Tree.object(events.get(0).data()).path("response");
        assertThat(begun.path("status").asText()).isEqualTo("in_progress");
        assertThat(begun.path("output")).isEmpty();
        assertThat(RESPONSES.isTerminal(events.get(events.size() - 1))).isTrue();
        assertThat(events.subList(0, events.size() - 1)).noneMatch(RESPONSES::isTerminal);
    }

    @Test
    void aStreamIsReadAlong() {
        StreamReader reader = RESPONSES.reader(read("{\"model\":\"m\",\"input\":\"x\"}"), "m");

        for (SseEvent event : RESPONSES.split(bytes(ANSWER), read("{\"model\":\"m\",\"input\":\"x\"}"))) {
            SseEvent read = reader.read(event);
            JsonNode response = Tree.object(read.data()).path("response");
            assertThat(response.isMissingNode() || response.path("model").asText().equals("m")).isTrue();
        }

        assertThat(reader.ended()).isTrue();
        assertThat(reader.failed()).isFalse();
        assertThat(reader.isWhole(false)).isTrue();
        assertThat(reader.usage()).contains(new Usage(10, 4, 2, 0, 5));
        assertThat(reader.told().text()).isEqualTo("HmHälloNo.{}");
    }

    @ParameterizedTest
    @ValueSource(strings = { "{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\"}}",
            "{\"type\":\"error\",\"code\":\"x\",\"message\":\"y\"}"})
    void aFaultIsSeenAlsoWithoutTheTypesLine(String data) {
        StreamReader reader = RESPONSES.reader(read("{\"model\":\"m\",\"input\":\"x\"}"), "m");

        reader.read(SseEvent.of(bytes(data)));

        assertThat(reader.failed()).isTrue();
        assertThat(reader.isWhole(true)).isFalse();
        assertThat(RESPONSES.isTerminal(SseEvent.of(bytes(data)))).isTrue();
    }

    @Test
    void whatEndedIncompleteIsWholeWhereTheBoundWasTheClients() {
        StreamReader reader = RESPONSES.reader(read("{\"model\":\"m\",\"input\":\"x\"}"), "m");

        reader.read(SseEvent.of("response.incomplete", bytes("{\"type\":\"response.incomplete\",\"response\":"
                + "{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}}}")));

        assertThat(reader.isWhole(true)).isTrue();
        assertThat(reader.isWhole(false)).isFalse();
    }

    @Test
    void aRefusalMidwayIsAnErrorEvent() {
        SseEvent event = RESPONSES.errorEvent(Refusal.of(502, "upstream_error", "upstream_error", "Broken."));

        assertThat(event.type()).isEqualTo("error");
        assertThat(Tree.object(event.data()).path("message").asText()).isEqualTo("Broken.");
    }

    @Test
    void idsAreFoundWhereTheyAreNamedAndIssued() {
        // named
        assertThat(UpstreamIds.named(Json.parse(bytes("""
                {"previous_response_id":"resp_1","conversation":{"id":"conv_1"},"input":[{"role":"user","content":"x"},
                {"type":"item_reference","id":"msg_1"}],"tools":[{"type":"code_interpreter","container":"cntr_1"},
                {"type":"code_interpreter","container":{"type":"auto"}}]}"""))))
                .containsEntry("resp_1", "previous_response_id").containsEntry("conv_1", "conversation")
                .containsEntry("msg_1", "input[1].id").containsEntry("cntr_1", "tools[0].container").hasSize(4);
        // issued
        assertThat(UpstreamIds.issued(bytes(ANSWER))).containsExactly("resp_1", "rs_1", "ws_1", "msg_1", "fc_1");
        assertThat(UpstreamIds.issued(bytes(ANSWER.replace("\"error\":null", "\"store\":false")))).isEmpty();
        assertThat(UpstreamIds.issued(SseEvent.of("response.completed", bytes("{\"response\":" + ANSWER + "}"))))
                .contains("resp_1", "fc_1");
        assertThat(
                UpstreamIds.issued(SseEvent.of(bytes("{\"choices\":[{\"delta\":{\"audio\":{\"id\":\"audio_1\"}}}]}"))))
                .containsExactly("audio_1");
        assertThat(UpstreamIds.issued(SseEvent.of("response.output_text.delta", bytes("{}")))).isEmpty();
    }

    private static Request read(String body) {
        return RESPONSES.read(bytes(body));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
