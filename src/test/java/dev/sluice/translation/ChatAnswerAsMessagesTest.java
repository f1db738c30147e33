package dev.sluice.translation;

import static dev.sluice.translation.JsonText.bytes;
import static dev.sluice.translation.JsonText.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatAnswerAsMessagesTest {

    @Test
    void saysTheSameThing() {
        JsonNode message = translated("""
                {'id':'chatcmpl-1','object':'chat.completion','created':1,'model':'gpt-4.1','choices':[{'index':0,
                  'message':{'role':'assistant','content':'Hello!','refusal':null},'finish_reason':'stop'}],
                 'usage':{'prompt_tokens':100,'completion_tokens':7,'total_tokens':107,
                  'prompt_tokens_details':{'cached_tokens':64},'completion_tokens_details':{'reasoning_tokens':3}}}""");

        assertThat(message).isEqualTo(tree("""
                {'id':'msg_chatcmpl-1','type':'message','role':'assistant','model':'gpt-4.1',
                 'content':[{'type':'text','text':'Hello!'}],'stop_reason':'end_turn','stop_sequence':null,
                 'usage':{'input_tokens':36,'cache_creation_input_tokens':0,'cache_read_input_tokens':64,
                  'output_tokens':7,'output_tokens_details':{'thinking_tokens':3}}}"""));
    }

    @Test
    void callsTools() {
        JsonNode message = translated("""
                {'id':'1','choices':[{'message':{'role':'assistant','content':null,'tool_calls':[
                 {'id':'call_1','type':'function','function':{'name':'weather','arguments':'{\\"city\\":\\"Köln\\"}'}},
                 {'id':'call_2','type':'function','function':{'name':'now','arguments':''}}]},
                 'finish_reason':'tool_calls'}]}""");

        assertThat(message.get("content")).isEqualTo(tree("""
                [{'type':'tool_use','id':'call_1','name':'weather','input':{'city':'Köln'}},
                 {'type':'tool_use','id':'call_2','name':'now','input':{}}]"""));
        assertThat(message.get("stop_reason").asText()).isEqualTo("tool_use");
    }

    @ParameterizedTest
    @CsvSource({ "stop, end_turn", "length, max_tokens", "content_filter, refusal", "novel, novel"})
    void tellsWhyItEnded(String reason, String expected) {
        assertThat(translated("{'id':'1','choices':[{'message':{'content':'x'},'finish_reason':'" + reason + "'}]}")
                .get("stop_reason").asText()).isEqualTo(expected);
    }

    @Test
    void endsWithACallAlsoWhereTheCallWasDemanded() {
        JsonNode message = translated("""
                {'id':'1','choices':[{'message':{'tool_calls':[{'id':'c','function':{'name':'a','arguments':'{}'}}]},
                 'finish_reason':'stop'}]}""");

        assertThat(message.get("stop_reason").asText()).isEqualTo("tool_use");
    }

    @Test
    void refuses() {
        JsonNode message = translated("""
                {'id':'1','choices':[{'message':{'content':null,'refusal':'I cannot.'},'finish_reason':'stop'}]}""");

        assertThat(message.get("content")).isEqualTo(tree("[{'type':'text','text':'I cannot.'}]"));
        assertThat(message.get("stop_reason").asText()).isEqualTo("refusal");
    }

    @ParameterizedTest
    @ValueSource(strings = { "reasoning_content", "reasoning"})
    void tellsThoughtsToWhoeverAskedForThem(String member) {
        String body = "{'id':'1','choices':[{'message':{'" + member
                + "':'Hm.','content':'x'},'finish_reason':'stop'}]}";

        JsonNode asked = tree(ChatAnswerAsMessages.translate(bytes(body), true));
        JsonNode unasked = tree(ChatAnswerAsMessages.translate(bytes(body), false));

        assertThat(asked.at("/content/0")).isEqualTo(tree("{'type':'thinking','thinking':'Hm.','signature':''}"));
        assertThat(unasked.get("content")).hasSize(1);
    }

    @Test
    void callsWithNothingWhereTheAnswerWasCutOffAmongTheArguments() {
        JsonNode message = translated("""
                {'id':'1','choices':[{'message':{'tool_calls':[{'id':'c','function':{'name':'a','arguments':'{\\"x'}}]},
                 'finish_reason':'length'}]}""");

        assertThat(message.at("/content/0/input")).isEqualTo(tree("{}"));
        assertThat(message.get("stop_reason").asText()).isEqualTo("max_tokens");
    }

    @Test
    void countsWhatDeepSeekReadFromItsCache() {
        JsonNode message = translated("""
                {'id':'1','choices':[{'message':{'content':'x'},'finish_reason':'stop'}],'usage':{'prompt_tokens':10,
                 'completion_tokens':1,'prompt_cache_hit_tokens':8}}""");

        assertThat(message.at("/usage/cache_read_input_tokens").asInt()).isEqualTo(8);
        assertThat(message.at("/usage/input_tokens").asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = { "no", "{}", "{'choices':[]}",
            "{'choices':[{'message':{'tool_calls':[{'id':'c','function':{'name':'a','arguments':'x'}}]}}]}"})
    void doesNotReadWhatIsNoCompletion(String body) {
        assertThatExceptionOfType(UnreadableAnswer.class).isThrownBy(() -> translated(body));
    }

    private static JsonNode translated(String completion) {
        return tree(ChatAnswerAsMessages.translate(bytes(completion), false));
    }
}
