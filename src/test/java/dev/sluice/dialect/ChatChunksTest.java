package dev.sluice.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChatChunksTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void joinsContentToolArgumentsAndLogprobsOfSeveralChoices() throws IOException {
        JsonNode whole = assemble(
                chunk("{'index':0,'delta':{'role':'assistant','content':''},'logprobs':null,'finish_reason':null}"),
                chunk("{'index':1,'delta':{'role':'assistant','tool_calls':[{'index':0,'id':'c1','type':'function','function':{'name':'f','arguments':''}}]}}"),
                chunk("{'index':0,'delta':{'content':'Grü'},'logprobs':{'content':[{'token':'Grü','logprob':-0.1}]}}"),
                chunk("{'index':1,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'{\\\\\\'a'}}]}}"),
                chunk("{'index':1,'delta':{'tool_calls':[{'index':1,'id':'c2','type':'function','function':{'name':'g','arguments':'{}'}}]}}"),
                chunk("{'index':0,'delta':{'content':'ße','refusal':null},'logprobs':{'content':[{'token':'ße','logprob':-0.2}]}}"),
                chunk("{'index':1,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'\\\\\\':1}'}}]},'finish_reason':null}"),
                chunk("{'index':1,'delta':{},'finish_reason':'tool_calls'}"),
                chunk("{'index':0,'delta':{},'finish_reason':'stop'}"),
                "{'id':'x','object':'chat.completion.chunk','created':1,'model':'m','choices':[],'usage':{'prompt_tokens':3,'completion_tokens':2,'total_tokens':5}}");

        assertThat(whole).isEqualTo(
                json("""
                        {'id':'x','object':'chat.completion','created':1,'model':'m',
                         'choices':[
                          {'index':0,'message':{'role':'assistant','content':'Grüße','refusal':null},
                           'logprobs':{'content':[{'token':'Grü','logprob':-0.1},{'token':'ße','logprob':-0.2}]},'finish_reason':'stop'},
                          {'index':1,'message':{'role':'assistant','content':null,'tool_calls':[
                             {'id':'c1','type':'function','function':{'name':'f','arguments':'{\\\\\\'a\\\\\\':1}'}},
                             {'id':'c2','type':'function','function':{'name':'g','arguments':'{}'}}]},
                           'logprobs':null,'finish_reason':'tool_calls'}],
                         'usage':{'prompt_tokens':3,'completion_tokens':2,'total_tokens':5}}"""));
    }

    @Test
    void aWholeAnswerToldAsAStreamAssemblesToItself() throws IOException {
        JsonNode whole = json(
                """
                        {'id':'x','object':'chat.completion','created':1,'model':'m','system_fingerprint':'f',
                         'choices':[
                          {'index':0,'message':{'role':'assistant','content':'hello','refusal':null,'annotations':[]},'logprobs':null,'finish_reason':'stop'},
                          {'index':1,'message':{'role':'assistant','content':null,'tool_calls':[
                             {'id':'c1','type':'function','function':{'name':'f','arguments':'{}'}}]},'logprobs':null,'finish_reason':'length'}],
                         'usage':{'prompt_tokens':3}}""");

        List<ChatChunks.Chunk> chunks = ChatChunks.split(MAPPER.writeValueAsBytes(whole));

        assertThat(MAPPER.readTree(ChatChunks.assemble(chunks.stream().map(ChatChunks.Chunk::bytes).toList())))
                .isEqualTo(whole);
        assertThat(chunks).extracting(ChatChunks.Chunk::usage).containsExactly(false, false, false, false, true);
    }

    private static String chunk(String choice) {
        return "{'id':'x','object':'chat.completion.chunk','created':1,'model':'m','choices':[" + choice
                + "],'usage':null}";
    }

    private static JsonNode assemble(String... chunks) throws IOException {
        return MAPPER.readTree(ChatChunks.assemble(Stream.of(chunks)
                .map(c -> c.replace('\'', '"').getBytes(StandardCharsets.UTF_8)).toList()));
    }

    private static JsonNode json(String text) throws IOException {
        return MAPPER.readTree(text.replace('\'', '"'));
    }
}
