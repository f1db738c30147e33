package dev.sluice.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.json.Tree;
import dev.sluice.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponsesToChatTest {
    private ResponsesToChat translation;

    @Test
    void instructionsAndATextBecomeTwoMessages() {
        assertThat(
                chat("""
                        {"model":"m","instructions":"Be brief.","input":"Hi","max_output_tokens":20,"temperature":0.10,"seed":7}"""))
                .isEqualTo(json("""
                        {"model":"m","max_tokens":20,"temperature":0.10,"seed":7,"messages":[
                        {"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}"""));
    }

    @Test
    void itemsBecomeTheTurnsOfAConversation() {
        // given a turn with a thought, words and two calls, whose results follow
        JsonNode chat = chat("""
                {"model":"m","input":[
                {"role":"developer","content":"D"},
                {"type":"message","role":"user","content":[{"type":"input_text","text":"look"},
                  {"type":"input_image","image_url":"https://x/i.png","detail":"low"},
                  {"type":"input_file","filename":"f.pdf","file_data":"data:x"},
                  {"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]},
                {"type":"reasoning","id":"rs_1","summary":[]},
                {"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[
                  {"type":"output_text","text":"I look.","annotations":[]}]},
                {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
                {"type":"custom_tool_call","call_id":"c2","name":"g","input":"x"},
                {"type":"function_call_output","call_id":"c1","output":"1"},
                {"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"2"}]},
                {"role":"assistant","content":[{"type":"refusal","refusal":"No."}]}]}""");

        // then
        assertThat(chat.path("messages")).isEqualTo(json("""
                {"m":[{"role":"system","content":"D"},
                {"role":"user","content":[{"type":"text","text":"look"},
                  {"type":"image_url","image_url":{"url":"https://x/i.png","detail":"low"}},
                  {"type":"file","file":{"file_data":"data:x","filename":"f.pdf"}},
                  {"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]},
                {"role":"assistant","content":"I look.","tool_calls":[
                  {"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},
                  {"id":"c2","type":"custom","custom":{"name":"g","input":"x"}}]},
                {"role":"tool","tool_call_id":"c1","content":"1"},
                {"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"2"}]},
                {"role":"assistant","content":null,"refusal":"No."}]}""").path("m"));
    }

    @Test
    void toolsAndFormatsTakeTheirOtherShape() {
        assertThat(chat("""
                {"model":"m","input":"x","store":false,"include":["message.output_text.logprobs"],"stream":true,
                "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},
                {"type":"custom","name":"g","format":{"type":"grammar","syntax":"lark","definition":"s: A"}}],
                "tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]},
                "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","strict":true,"schema":{}}},
                "reasoning":{"effort":"high","summary":"auto"},"truncation":"auto","previous_response_id":null}"""))
                .isEqualTo(json("""
                        {"model":"m","stream":true,"stream_options":{"include_usage":true},"logprobs":true,
                        "messages":[{"role":"user","content":"x"}],
                        "tools":[{"type":"function","function":
                        {"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},
                        {"type":"custom","custom":{"name":"g","format":
                        {"type":"grammar","grammar":{"syntax":"lark","definition":"s: A"}}}}],
                        "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":
                        [{"type":"function","function":{"name":"f"}}]}},
                        "verbosity":"low","response_format":{"type":"json_schema","json_schema":
                        {"name":"n","strict":true,"schema":{}}},"reasoning_effort":"high"}"""));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
            "`{'previous_response_id':'resp_1'}`,previous_response_id",
            "`{'conversation':{'id':'conv_1'}}`,conversation",
            "`{'prompt':{'id':'pmpt_1'}}`,prompt",
            "`{'tools':[{'type':'web_search'}]}`,tools[0]",
            "`{'tool_choice':{'type':'file_search'}}`,tool_choice",
            "`{'input':[{'type':'item_reference','id':'msg_1'}]}`,input[0]",
            "`{'input':[{'role':'user','content':[{'type':'input_image','file_id':'f'}]}]}`,input[0].content[0]",
            "`{'input':[{'role':'user','content':[{'type':'input_file','file_url':'f'}]}]}`,input[0].content[0]"})
    void whatAChatCompletionCannotSayIsRefusedByName(String members, String param) {
        assertThatThrownBy(() -> chat(members.replace('\'', '"')))
                .isInstanceOfSatisfying(Untranslatable.class,
                        refused -> assertThat(refused.param()).contains(param));
    }

    @Test
    void anAnswerBecomesAResponse() {
        chat("""
                {"model":"m","input":"x","instructions":"I","temperature":0.5,"metadata":{"a":"b"}}""");

        // when
        JsonNode response = Tree.object(translation.answer("""
                {"id":"chatcmpl-7","object":"chat.completion","created":1000,"model":"m","choices":[{"index":0,
                "message":{"role":"assistant","content":"Hällo","reasoning_content":"Hm","refusal":null,"tool_calls":[
                {"id":"c1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},
                "logprobs":{"content":[{"token":"H","logprob":-0.1}]},"finish_reason":"tool_calls"}],
                "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
                "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}"""
                .getBytes(StandardCharsets.UTF_8)));

        // then
        assertThat(response.path("id").asText()).isEqualTo("resp_7");
        assertThat(response.path("status").asText()).isEqualTo("completed");
        assertThat(response.path("instructions").asText()).isEqualTo("I");
        assertThat(response.path("temperature").decimalValue()).isEqualByComparingTo("0.5");
        assertThat(response.path("metadata")).isEqualTo(json("{\"a\":\"b\"}"));
        assertThat(response.path("store").booleanValue()).isFalse();
        assertThat(response.path("output")).isEqualTo(
                json("""
                        {"o":[{"id":"rs_7","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"Hm"}]},
                        {"id":"msg_7_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text",
                        "text":"Hällo","annotations":[],"logprobs":[{"token":"H","logprob":-0.1}]}]},
                        {"id":"fc_7_2","type":"function_call","status":"completed","call_id":"c1","name":"f",
                        "arguments":"{\\"a\\":1}"}]}""")
                        .path("o"));
        assertThat(response.path("usage")).isEqualTo(json("""
                {"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":0},"output_tokens":5,
                "output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}"""));
    }

    @ParameterizedTest
    @CsvSource({ "stop,completed,", "length,incomplete,max_output_tokens", "content_filter,incomplete,content_filter"})
    void howItEndedIsItsStatus(String finish, String status, String reason) {
        chat("{\"model\":\"m\",\"input\":\"x\"}");

        JsonNode response = Tree
                .object(translation.answer(("{\"id\":\"1\",\"choices\":[{\"message\":{\"content\":\"a\"},"
                        + "\"finish_reason\":\"" + finish + "\"}]}").getBytes(StandardCharsets.UTF_8)));

        assertThat(response.path("status").asText()).isEqualTo(status);
        assertThat(response.path("incomplete_details").path("reason").asText(null)).isEqualTo(reason);
        assertThat(response.path("output").path(0).path("status").asText()).isEqualTo(status);
    }

    @Test
    void aStreamTellsWhatTheWholeAnswerSays() {
        // given
        chat("{\"model\":\"m\",\"input\":\"x\",\"stream\":true}");
        StreamTranslation stream = translation.stream();

        // when
        List<SseEvent> events = new ArrayList<>();
        for (String chunk : List.of(
                choice("{\"role\":\"assistant\",\"content\":\"\"}", "null"),
                choice("{\"reasoning_content\":\"Hm\"}", "null"),
                choice("{\"content\":\"Hä\"}", "null"),
                choice("{\"content\":\"llo\"}", "null"),
                choice("{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}", "null"),
                choice("{\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}", "null"),
                choice("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}]}", "null"),
                choice("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}", "null"),
                choice("{}", "\"tool_calls\""),
                "{\"id\":\"chatcmpl-7\",\"created\":1000,\"model\":\"m\",\"choices\":[],"
                        + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}",
                "[DONE]")) {
            events.addAll(stream.take(SseEvent.of(chunk.getBytes(StandardCharsets.UTF_8))));
        }
        events.addAll(stream.end());

        // then the events come in the API's order, numbered without a gap
        assertThat(events).extracting(SseEvent::type).containsExactly("response.created", "response.in_progress",
                "response.output_item.added", "response.content_part.added", "response.reasoning_text.delta",
                "response.reasoning_text.done", "response.content_part.done", "response.output_item.done",
                "response.output_item.added", "response.content_part.added", "response.output_text.delta",
                "response.output_text.delta", "response.output_text.done", "response.content_part.done",
                "response.output_item.done",
                "response.output_item.added", "response.output_item.added", "response.function_call_arguments.delta",
                "response.function_call_arguments.delta", "response.function_call_arguments.delta",
                "response.function_call_arguments.done", "response.output_item.done",
                "response.function_call_arguments.done", "response.output_item.done", "response.completed");
        for (int i = 0; i < events.size(); i++) {
            ObjectNode data = Tree.object(events.get(i).data());
            assertThat(data.path("sequence_number").asInt()).isEqualTo(i);
            assertThat(data.path("type").asText()).isEqualTo(events.get(i).type());
        }
        JsonNode last = Tree.object(events.get(events.size() - 1).data()).path("response");
        assertThat(last.path("output").findValuesAsText("type")).containsExactly("reasoning", "reasoning_text",
                "message", "output_text", "function_call", "function_call");
        assertThat(last.path("output").path(1).path("content").path(0).path("text").asText()).isEqualTo("Hällo");
        assertThat(last.path("output").path(2).path("arguments").asText()).isEqualTo("{\"a\":1}");
        assertThat(last.path("output").path(3).path("arguments").asText()).isEqualTo("{}");
        assertThat(last.path("usage").path("total_tokens").asInt()).isEqualTo(5);
    }

    @Test
    void aStreamThatBreaksOffHasNoEnd() {
        chat("{\"model\":\"m\",\"input\":\"x\",\"stream\":true}");
        StreamTranslation stream = translation.stream();

        stream.take(SseEvent.of(choice("{\"content\":\"Hä\"}", "null").getBytes(StandardCharsets.UTF_8)));

        assertThat(stream.end()).isEmpty();
    }

    @Test
    void aFaultWithinAStreamIsAFailedResponse() {
        chat("{\"model\":\"m\",\"input\":\"x\",\"stream\":true}");
        StreamTranslation stream = translation.stream();
        stream.take(SseEvent.of(choice("{\"content\":\"Hä\"}", "null").getBytes(StandardCharsets.UTF_8)));

        List<SseEvent> events = stream
                .take(SseEvent.of("{\"error\":{\"message\":\"Broken.\"}}".getBytes(StandardCharsets.UTF_8)));

        assertThat(events).extracting(SseEvent::type).containsExactly("response.failed");
        assertThat(Tree.object(events.get(0).data()).path("response").path("error").path("message").asText())
                .isEqualTo("Broken.");
        assertThat(stream.end()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "x"})
    void anAnswerWithoutWordsIsAMessageWithoutAPart(String id) {
        chat("{\"model\":\"m\",\"input\":\"x\"}");

        JsonNode response = Tree.object(translation.answer(("{\"id\":\"" + id
                + "\",\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}")
                .getBytes(StandardCharsets.UTF_8)));

        assertThat(response.path("id").asText()).startsWith("resp_").hasSizeGreaterThan(5);
        assertThat(response.path("output").path(0).path("type").asText()).isEqualTo("message");
        assertThat(response.path("output").path(0).path("content")).isEmpty();
    }

    private static String choice(String delta, String finish) {
        return "{\"id\":\"chatcmpl-7\",\"created\":1000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":" + delta
                + ",\"finish_reason\":" + finish + "}]}";
    }

    private JsonNode chat(String request) {
        translation = new ResponsesToChat(request.getBytes(StandardCharsets.UTF_8), "max_tokens");
        return Tree.object(translation.request());
    }

    private static JsonNode json(String text) {
        return Tree.object(text.getBytes(StandardCharsets.UTF_8));
    }
}
