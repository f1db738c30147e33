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

class MessagesAnswerAsChatTest {
    private static final long CREATED = 1_790_000_000;

    @Test
    void saysTheSameThing() {
        JsonNode completion = translated("""
                {'id':'msg_01','type':'message','role':'assistant','model':'claude-sonnet-4-5',
                 'content':[{'type':'text','text':'Hi! '},{'type':'text','text':'I am Claude.','citations':null}],
                 'stop_reason':'end_turn','stop_sequence':null,
                 'usage':{'input_tokens':10,'output_tokens':25}}""");

        assertThat(completion).isEqualTo(tree("""
                {'id':'msg_01','object':'chat.completion','created':1790000000,'model':'claude-sonnet-4-5',
                 'choices':[{'index':0,'message':{'role':'assistant','content':'Hi! I am Claude.','refusal':null},
                   'logprobs':null,'finish_reason':'stop'}],
                 'usage':{'prompt_tokens':10,'completion_tokens':25,'total_tokens':35,
                  'prompt_tokens_details':{'cached_tokens':0,'cache_write_tokens':0}}}"""));
    }

    @Test
    void countsThePromptTokensThatCameFromTheCacheOrWentThere() {
        JsonNode completion = translated("""
                {'id':'m','content':[],'stop_reason':'end_turn','usage':{'input_tokens':3,
                 'cache_creation_input_tokens':200,'cache_read_input_tokens':1000,'output_tokens':7,
                 'output_tokens_details':{'thinking_tokens':5}}}""");

        assertThat(completion.get("usage")).isEqualTo(tree("""
                {'prompt_tokens':1203,'completion_tokens':7,'total_tokens':1210,
                 'prompt_tokens_details':{'cached_tokens':1000,'cache_write_tokens':200},
                 'completion_tokens_details':{'reasoning_tokens':5}}"""));
    }

    @Test
    void callsToolsAndTellsWhatWasThought() {
        JsonNode completion = translated("""
                {'id':'m','content':[{'type':'thinking','thinking':'Two calls.','signature':'EqQB'},
                  {'type':'redacted_thinking','data':'x'},{'type':'text','text':'I look.'},
                  {'type':'server_tool_use','id':'srvtoolu_1','name':'web_search','input':{'query':'q'}},
                  {'type':'tool_use','id':'toolu_1','name':'weather','input':{'city':'Köln','days':[1,2.50]}},
                  {'type':'tool_use','id':'toolu_2','name':'now','input':{}}],
                 'stop_reason':'tool_use','usage':{'input_tokens':1,'output_tokens':1}}""");

        assertThat(completion.at("/choices/0")).isEqualTo(tree("""
                {'index':0,'message':{'role':'assistant','content':'I look.','refusal':null,
                  'reasoning_content':'Two calls.','tool_calls':[
                   {'id':'toolu_1','type':'function','function':{'name':'weather',
                     'arguments':'{\\"city\\":\\"Köln\\",\\"days\\":[1,2.50]}'}},
                   {'id':'toolu_2','type':'function','function':{'name':'now','arguments':'{}'}}]},
                 'logprobs':null,'finish_reason':'tool_calls'}"""));
    }

    @Test
    void saysNothingBesideACall() {
        JsonNode completion = translated("""
                {'id':'m','content':[{'type':'tool_use','id':'t','name':'n','input':{}}],'stop_reason':'tool_use'}""");

        assertThat(completion.at("/choices/0/message/content").isNull()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({ "end_turn, stop", "stop_sequence, stop", "max_tokens, length", "tool_use, tool_calls",
            "refusal, content_filter", "pause_turn, stop", "model_context_window_exceeded, length", "novel, novel"})
    void tellsWhyItEnded(String reason, String expected) {
        JsonNode completion = translated("{'id':'m','content':[],'stop_reason':'" + reason + "'}");

        assertThat(completion.at("/choices/0/finish_reason").asText()).isEqualTo(expected);
    }

    @Test
    void keepsHalfASurrogatePair() {
        byte[] completion = MessagesAnswerAsChat.translate(
                bytes("{'id':'m','content':[{'type':'text','text':'ä\\ud83d'}],'stop_reason':'max_tokens'}"),
                CREATED);

        assertThat(tree(completion).at("/choices/0/message/content").asText()).isEqualTo("ä\ud83d");
    }

    @ParameterizedTest
    @ValueSource(strings = { "no", "[]", "{'type':'error'}", "{'content':'text'}"})
    void doesNotReadWhatIsNoMessage(String body) {
        assertThatExceptionOfType(UnreadableAnswer.class).isThrownBy(() -> translated(body));
    }

    private static JsonNode translated(String message) {
        return tree(MessagesAnswerAsChat.translate(bytes(message), CREATED));
    }
}
