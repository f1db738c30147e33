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

class MessagesRequestAsChatTest {

    @Test
    void saysTheSameThing() {
        JsonNode request = translated("""
                {'model':'m','max_tokens':100,'system':'Be brief.','messages':[{'role':'user','content':'Hi'},
                  {'role':'assistant','content':'Hello.'},{'role':'user','content':[{'type':'text','text':'One'},
                  {'type':'text','text':'Two','cache_control':{'type':'ephemeral'}}]}],
                 'temperature':0.2,'top_p':0.9,'top_k':5,'stop_sequences':['END'],
                 'thinking':{'type':'enabled','budget_tokens':2000},'service_tier':'auto',
                 'metadata':{'user_id':'u-1'}}""");

        assertThat(request).isEqualTo(tree("""
                {'model':'m','messages':[{'role':'system','content':'Be brief.'},{'role':'user','content':'Hi'},
                  {'role':'assistant','content':'Hello.'},{'role':'user','content':'One\\n\\nTwo'}],
                 'max_tokens':100,'temperature':0.2,'top_p':0.9,'stop':['END'],'user':'u-1'}"""));
    }

    @Test
    void namesTheBoundAsTheProviderDoes() {
        JsonNode request = tree(MessagesRequestAsChat.translate(
                bytes("{'model':'m','max_tokens':7,'messages':[]}"), "gpt-5", "max_completion_tokens"));

        assertThat(request.get("max_completion_tokens").asInt()).isEqualTo(7);
        assertThat(request.has("max_tokens")).isFalse();
    }

    @Test
    void asksForTheUsageOfAStream() {
        JsonNode request = asked("'stream':true");

        assertThat(request.get("stream").booleanValue()).isTrue();
        assertThat(request.get("stream_options")).isEqualTo(tree("{'include_usage':true}"));
        assertThat(asked("'stream':false").has("stream_options")).isFalse();
    }

    @Test
    void joinsTheBlocksOfTheSystemPromptAndKeepsLaterOnesInTheirPlace() {
        JsonNode request = translated("""
                {'model':'m','system':[{'type':'text','text':'One.'},{'type':'text','text':'Two.'}],
                 'messages':[{'role':'user','content':'Hi'},{'role':'system','content':'Three.'}]}""");

        assertThat(request.get("messages")).isEqualTo(tree("""
                [{'role':'system','content':'One.\\n\\nTwo.'},{'role':'user','content':'Hi'},
                 {'role':'system','content':'Three.'}]"""));
    }

    @Test
    void showsImagesAndDocuments() {
        JsonNode request = translated("""
                {'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'What?'},
                 {'type':'image','source':{'type':'base64','media_type':'image/png','data':'iVBO'}},
                 {'type':'image','source':{'type':'url','url':'https://example.org/a.png'}},
                 {'type':'document','title':'a.pdf','source':{'type':'base64','media_type':'application/pdf',
                   'data':'JVBE'}},
                 {'type':'document','source':{'type':'text','media_type':'text/plain','data':'Plain.'}}]}]}""");

        assertThat(request.at("/messages/0/content")).isEqualTo(tree("""
                [{'type':'text','text':'What?'},
                 {'type':'image_url','image_url':{'url':'data:image/png;base64,iVBO'}},
                 {'type':'image_url','image_url':{'url':'https://example.org/a.png'}},
                 {'type':'file','file':{'filename':'a.pdf','file_data':'data:application/pdf;base64,JVBE'}},
                 {'type':'text','text':'Plain.'}]"""));
    }

    @Test
    void offersToolsAndTellsTheirResultsBeforeWhatElseIsSaid() {
        JsonNode request = translated("""
                {'model':'m','messages':[{'role':'user','content':'Weather?'},
                 {'role':'assistant','content':[{'type':'thinking','thinking':'Hm','signature':'s'},
                   {'type':'text','text':'I look.'},
                   {'type':'tool_use','id':'toolu_1','name':'weather','input':{'city':'Köln'}},
                   {'type':'tool_use','id':'toolu_2','name':'now','input':{}}]},
                 {'role':'user','content':[{'type':'text','text':'And?'},
                   {'type':'tool_result','tool_use_id':'toolu_1','content':[{'type':'text','text':'15'},
                     {'type':'image','source':{'type':'url','url':'https://example.org/map.png'}}]},
                   {'type':'tool_result','tool_use_id':'toolu_2','is_error':true}]}],
                 'tools':[{'name':'weather','description':'Weather of a city','input_schema':{'type':'object'},
                   'cache_control':{'type':'ephemeral'}},
                  {'type':'custom','name':'now','input_schema':{'type':'object'},'strict':true}]}""");

        assertThat(request.get("messages")).isEqualTo(tree("""
                [{'role':'user','content':'Weather?'},
                 {'role':'assistant','content':'I look.','tool_calls':[
                   {'id':'toolu_1','type':'function','function':{'name':'weather',
                     'arguments':'{\\"city\\":\\"Köln\\"}'}},
                   {'id':'toolu_2','type':'function','function':{'name':'now','arguments':'{}'}}]},
                 {'role':'tool','tool_call_id':'toolu_1','content':'15'},
                 {'role':'tool','tool_call_id':'toolu_2','content':'error'},
                 {'role':'user','content':[{'type':'image_url','image_url':{'url':'https://example.org/map.png'}},
                   {'type':'text','text':'And?'}]}]"""));
        assertThat(request.get("tools")).isEqualTo(tree("""
                [{'type':'function','function':{'name':'weather','description':'Weather of a city',
                   'parameters':{'type':'object'}}},
                 {'type':'function','function':{'name':'now','parameters':{'type':'object'},'strict':true}}]"""));
    }

    @Test
    void saysNothingForAnAssistantThatOnlyThought() {
        JsonNode request = translated("""
                {'model':'m','messages':[{'role':'user','content':'x'},
                 {'role':'assistant','content':[{'type':'redacted_thinking','data':'x'}]}]}""");

        assertThat(request.get("messages")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'type':'auto'} | 'auto'", "{'type':'none'} | 'none'", "{'type':'any'} | 'required'",
            "{'type':'tool','name':'a'} | {'type':'function','function':{'name':'a'}}"})
    void choosesTools(String choice, String expected) {
        JsonNode request = asked("'tools':[{'name':'a','input_schema':{'type':'object'}}],'tool_choice':" + choice);

        assertThat(request.get("tool_choice")).isEqualTo(tree(expected));
        assertThat(request.has("parallel_tool_calls")).isFalse();
    }

    @Test
    void callsOneToolAtATimeWhereThatIsWanted() {
        JsonNode request = asked("'tools':[{'name':'a','input_schema':{'type':'object'}}],"
                + "'tool_choice':{'type':'auto','disable_parallel_tool_use':true}");

        assertThat(request.get("parallel_tool_calls").booleanValue()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = { "'output_config':{'format':{'type':'json_schema','schema':{'type':'object'}}}",
            "'output_format':{'type':'json_schema','schema':{'type':'object'}}"})
    void asksForJsonByItsSchema(String member) {
        assertThat(asked(member).get("response_format")).isEqualTo(tree("""
                {'type':'json_schema','json_schema':{'name':'answer','strict':true,'schema':{'type':'object'}}}"""));
    }

    @Test
    void passesEffortOnToModelsThatKnowIt() {
        byte[] body = bytes("{'model':'m','messages':[],'output_config':{'effort':'max'}}");

        assertThat(
                tree(MessagesRequestAsChat.translate(body, "gpt-5.1", "max_tokens")).get("reasoning_effort").asText())
                .isEqualTo("high");
        assertThat(tree(MessagesRequestAsChat.translate(body, "gpt-4.1", "max_tokens")).has("reasoning_effort"))
                .isFalse();
    }

    @Test
    void leavesUsersOutThatOthersFindTooLong() {
        assertThat(asked("'metadata':{'user_id':'" + "u".repeat(65) + "'}").has("user")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = { "'container':'c' | container",
            "'mcp_servers':[] | mcp_servers",
            "'tools':[{'type':'web_search_20250305','name':'web_search'}] | tools[0]",
            "'tools':[{'name':'a','input_schema':{}},{'type':'bash_20250124','name':'bash'}] | tools[1]",
            "'system':[{'type':'image'}] | system"})
    void refusesWhatOthersCannotDo(String member, String param) {
        assertThatExceptionOfType(Untranslatable.class).isThrownBy(() -> asked(member))
                .satisfies(refusal -> assertThat(refusal.param()).contains(param))
                .withMessageStartingWith("The provider of this model speaks OpenAI's dialect and ");
    }

    @ParameterizedTest
    @ValueSource(strings = { "{'role':'user','content':[{'type':'image','source':{'type':'file','file_id':'f'}}]}",
            "{'role':'user','content':[{'type':'document','source':{'type':'url','url':'https://x/y.pdf'}}]}",
            "{'role':'user','content':[{'type':'container_upload','file_id':'f'}]}",
            "{'role':'tool','content':'x'}"})
    void refusesMessagesThatCannotBeTold(String message) {
        assertThatExceptionOfType(Untranslatable.class)
                .isThrownBy(() -> translated("{'model':'m','messages':[" + message + "]}"))
                .satisfies(refusal -> assertThat(refusal.param().orElseThrow()).startsWith("messages[0]"));
    }

    private static JsonNode asked(String members) {
        return translated("{'model':'m','messages':[{'role':'user','content':'x'}]," + members + "}");
    }

    private static JsonNode translated(String messages) {
        return tree(MessagesRequestAsChat.translate(bytes(messages), "gpt-4.1", "max_tokens"));
    }
}
