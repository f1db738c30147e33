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

class ChatRequestAsMessagesTest {

    @Test
    void saysTheSameThing() {
        JsonNode request = translated("""
                {'model':'claude','messages':[{'role':'system','content':'Be brief.'},
                  {'role':'user','content':'Hi'},{'role':'assistant','content':'Hello.'},
                  {'role':'user','content':'How are you?'}],
                 'max_tokens':100,'temperature':0.2,'top_p':0.9,'stop':['END','STOP'],'stream':true,
                 'stream_options':{'include_usage':true},'user':'u-1','seed':7,'frequency_penalty':1,
                 'metadata':{'ticket':'1'}}""");

        assertThat(request).isEqualTo(tree("""
                {'model':'claude','max_tokens':100,
                 'system':[{'type':'text','text':'Be brief.'}],
                 'messages':[{'role':'user','content':[{'type':'text','text':'Hi'}]},
                  {'role':'assistant','content':[{'type':'text','text':'Hello.'}]},
                  {'role':'user','content':[{'type':'text','text':'How are you?'}]}],
                 'temperature':0.2,'top_p':0.9,'stop_sequences':['END','STOP'],
                 'metadata':{'user_id':'u-1'},'stream':true}"""));
    }

    @Test
    void gathersSystemAndDeveloperMessagesWhereverTheyStand() {
        JsonNode request = translated("""
                {'model':'c','messages':[{'role':'developer','content':[{'type':'text','text':'One.',
                   'cache_control':{'type':'ephemeral'}}]},
                 {'role':'user','content':'Hi'},{'role':'system','content':'Two.'},{'role':'system','content':''}]}""");

        assertThat(request.get("system")).isEqualTo(tree("""
                [{'type':'text','text':'One.','cache_control':{'type':'ephemeral'}},{'type':'text','text':'Two.'}]"""));
        assertThat(request.get("messages")).hasSize(1);
    }

    @Test
    void asksWhatOnlyASystemMessageSays() {
        JsonNode request = translated("{'model':'c','messages':[{'role':'system','content':'Write a poem.'}]}");

        assertThat(request.has("system")).isFalse();
        assertThat(request.get("messages")).isEqualTo(tree("""
                [{'role':'user','content':[{'type':'text','text':'Write a poem.'}]}]"""));
    }

    @Test
    void joinsNeighboursOfOneRole() {
        JsonNode request = translated("""
                {'model':'c','messages':[{'role':'user','content':'One'},{'role':'user','content':'Two'}]}""");

        assertThat(request.get("messages")).isEqualTo(tree("""
                [{'role':'user','content':[{'type':'text','text':'One'},{'type':'text','text':'Two'}]}]"""));
    }

    @Test
    void showsImagesByUrlAndByDataUri() {
        JsonNode request = translated("""
                {'model':'c','messages':[{'role':'user','content':[{'type':'text','text':'What is this?'},
                 {'type':'image_url','image_url':{'url':'https://example.org/a.png','detail':'high'}},
                 {'type':'image_url','image_url':{'url':'data:image/jpg;base64,/9j/4AAQ'}}]}]}""");

        assertThat(request.at("/messages/0/content")).isEqualTo(tree("""
                [{'type':'text','text':'What is this?'},
                 {'type':'image','source':{'type':'url','url':'https://example.org/a.png'}},
                 {'type':'image','source':{'type':'base64','media_type':'image/jpeg','data':'/9j/4AAQ'}}]"""));
    }

    @Test
    void showsDocuments() {
        JsonNode request = translated("""
                {'model':'c','messages':[{'role':'user','content':[{'type':'file','file':{'filename':'a.pdf',
                 'file_data':'data:application/pdf;base64,JVBERi0='}}]}]}""");

        assertThat(request.at("/messages/0/content")).isEqualTo(tree("""
                [{'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'JVBERi0='},
                  'title':'a.pdf'}]"""));
    }

    @Test
    void offersToolsAndTellsTheirResults() {
        JsonNode request = translated(
                """
                        {'model':'c','messages':[{'role':'user','content':'Weather?'},
                         {'role':'assistant','content':null,'tool_calls':[
                           {'id':'call_1','type':'function','function':{'name':'weather','arguments':'{\\"city\\":\\"Köln\\"}'}},
                           {'id':'call_2','type':'function','function':{'name':'now','arguments':''}}]},
                         {'role':'tool','tool_call_id':'call_1','content':'15 degrees'},
                         {'role':'tool','tool_call_id':'call_2','content':[{'type':'text','text':'noon'}]},
                         {'role':'user','content':'And tomorrow?'}],
                         'tools':[{'type':'function','function':{'name':'weather','description':'Weather of a city',
                           'parameters':{'type':'object','properties':{'city':{'type':'string'}},'required':['city']},
                           'strict':true}},
                          {'type':'function','function':{'name':'now'}}]}""");

        assertThat(request.get("messages")).isEqualTo(tree("""
                [{'role':'user','content':[{'type':'text','text':'Weather?'}]},
                 {'role':'assistant','content':[
                   {'type':'tool_use','id':'call_1','name':'weather','input':{'city':'Köln'}},
                   {'type':'tool_use','id':'call_2','name':'now','input':{}}]},
                 {'role':'user','content':[{'type':'tool_result','tool_use_id':'call_1','content':'15 degrees'},
                   {'type':'tool_result','tool_use_id':'call_2','content':[{'type':'text','text':'noon'}]},
                   {'type':'text','text':'And tomorrow?'}]}]"""));
        assertThat(request.get("tools")).isEqualTo(tree("""
                [{'name':'weather','description':'Weather of a city','input_schema':{'type':'object',
                   'properties':{'city':{'type':'string'}},'required':['city']},'strict':true},
                 {'name':'now','input_schema':{'type':'object'}}]"""));
        assertThat(request.has("tool_choice")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "'auto'                                         | {'type':'auto'}",
            "'none'                                         | {'type':'none'}",
            "'required'                                     | {'type':'any'}",
            "{'type':'function','function':{'name':'a'}}    | {'type':'tool','name':'a'}",
            "{'type':'allowed_tools','allowed_tools':{'mode':'required','tools':[]}} | {'type':'any'}"}, quoteCharacter = '`')
    void choosesTools(String choice, String expected) {
        JsonNode request = translated("{'model':'c','messages':[{'role':'user','content':'x'}],'tools':["
                + "{'type':'function','function':{'name':'a'}}],'tool_choice':" + choice + "}");

        assertThat(request.get("tool_choice")).isEqualTo(tree(expected));
    }

    @Test
    void offersOnlyTheToolsThatAreAllowed() {
        JsonNode request = translated("""
                {'model':'c','messages':[{'role':'user','content':'x'}],
                 'tools':[{'type':'function','function':{'name':'a'}},{'type':'function','function':{'name':'b'}}],
                 'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto',
                   'tools':[{'type':'function','function':{'name':'b'}}]}}}""");

        assertThat(request.get("tools")).hasSize(1);
        assertThat(request.at("/tools/0/name").asText()).isEqualTo("b");
    }

    @Test
    void callsOneToolAtATimeWhereThatIsWanted() {
        String tools = "'tools':[{'type':'function','function':{'name':'a'}}],'parallel_tool_calls':false";
        String head = "{'model':'c','messages':[{'role':'user','content':'x'}],";

        assertThat(translated(head + tools + "}").get("tool_choice"))
                .isEqualTo(tree("{'type':'auto','disable_parallel_tool_use':true}"));
        assertThat(translated(head + tools + ",'tool_choice':'required'}").get("tool_choice"))
                .isEqualTo(tree("{'type':'any','disable_parallel_tool_use':true}"));
        assertThat(translated(head + tools + ",'tool_choice':'none'}").get("tool_choice"))
                .isEqualTo(tree("{'type':'none'}"));
        assertThat(translated(head + "'parallel_tool_calls':false}").has("tool_choice")).isFalse();
    }

    @Test
    void keepsTemperatureWithinWhatAnthropicTakes() {
        assertThat(sampled("'temperature':2").get("temperature").asDouble()).isEqualTo(1);
        assertThat(sampled("'temperature':1").get("temperature").asDouble()).isEqualTo(1);
        assertThat(sampled("'temperature':0").get("temperature").asDouble()).isZero();
        assertThat(sampled("'temperature':null").has("temperature")).isFalse();
        assertThat(sampled("'top_p':1").has("top_p")).isFalse();
        assertThat(sampled("'stop':'END'").get("stop_sequences")).isEqualTo(tree("['END']"));
        assertThat(sampled("'stop':[]").has("stop_sequences")).isFalse();
    }

    @Test
    void takesEitherNameOfTheOutputBound() {
        assertThat(sampled("'max_tokens':5").get("max_tokens").asInt()).isEqualTo(5);
        assertThat(sampled("'max_completion_tokens':6").get("max_tokens").asInt()).isEqualTo(6);
        assertThat(sampled("'max_tokens':null").has("max_tokens")).isFalse();
    }

    @Test
    void asksForJsonByItsSchema() {
        JsonNode request = sampled("""
                'response_format':{'type':'json_schema','json_schema':{'name':'city','strict':true,
                 'schema':{'type':'object','properties':{},'additionalProperties':false}}}""");

        assertThat(request.get("output_config")).isEqualTo(tree("""
                {'format':{'type':'json_schema',
                 'schema':{'type':'object','properties':{},'additionalProperties':false}}}"""));
        assertThat(sampled("'response_format':{'type':'text'}").has("output_config")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({ "minimal, low", "none, low", "low, low", "medium, medium", "high, high", "xhigh, xhigh"})
    void passesEffortOnToModelsThatKnowIt(String effort, String expected) {
        String body = "{'model':'c','messages':[{'role':'user','content':'x'}],'reasoning_effort':'" + effort + "'}";

        assertThat(translated(body, "claude-opus-4-6").at("/output_config/effort").asText()).isEqualTo(expected);
        assertThat(translated(body, "claude-sonnet-4-5-20250929").has("output_config")).isFalse();
    }

    @Test
    void passesOnWhatOnlyAnthropicKnows() {
        JsonNode request = sampled("'thinking':{'type':'enabled','budget_tokens':2000},'top_k':5");

        assertThat(request.get("thinking")).isEqualTo(tree("{'type':'enabled','budget_tokens':2000}"));
        assertThat(request.get("top_k").asInt()).isEqualTo(5);
    }

    @Test
    void endsABegunAnswerWithoutSpace() {
        JsonNode begun = translated("""
                {'model':'c','messages':[{'role':'user','content':'x'},{'role':'assistant','content':'So: \\n'}]}""");
        JsonNode blank = translated("""
                {'model':'c','messages':[{'role':'user','content':'x'},{'role':'assistant','content':'  '}]}""");

        assertThat(begun.at("/messages/1/content/0/text").asText()).isEqualTo("So:");
        assertThat(blank.get("messages")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "'n':2 | n",
            "'logprobs':true | logprobs",
            "'top_logprobs':3 | logprobs",
            "'functions':[] | functions",
            "'audio':{} | audio",
            "'web_search_options':{} | web_search_options",
            "'modalities':['text','audio'] | modalities",
            "'response_format':{'type':'json_object'} | response_format",
            "'tool_choice':{'type':'custom','custom':{'name':'a'}} | tool_choice",
            "'tools':[{'type':'custom','custom':{'name':'a'}}] | tools[0]"})
    void refusesWhatAnthropicCannotDo(String member, String param) {
        assertThatExceptionOfType(Untranslatable.class).isThrownBy(() -> sampled(member))
                .satisfies(refusal -> assertThat(refusal.param()).contains(param))
                .withMessageStartingWith("Anthropic's API, which serves this model, ");
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "{'role':'user','content':[{'type':'input_audio','input_audio':{'data':'','format':'wav'}}]}",
            "{'role':'user','content':[{'type':'image_url','image_url':{'url':'ftp://x/y'}}]}",
            "{'role':'user','content':[{'type':'image_url','image_url':{'url':'data:image/png,abc'}}]}",
            "{'role':'user','content':[{'type':'file','file':{'file_id':'file-1'}}]}",
            "{'role':'user','content':[{'type':'new'}]}",
            "{'role':'assistant','tool_calls':[{'id':'1','type':'function','function':{'name':'a','arguments':'{'}}]}",
            "{'role':'assistant','tool_calls':[{'id':'1','type':'custom','custom':{'name':'a','input':'x'}}]}",
            "{'role':'function','name':'a','content':'x'}"})
    void refusesMessagesThatCannotBeTold(String message) {
        assertThatExceptionOfType(Untranslatable.class)
                .isThrownBy(() -> translated("{'model':'c','messages':[" + message + "]}"))
                .satisfies(refusal -> assertThat(refusal.param().orElseThrow()).startsWith("messages[0]"));
    }

    private static JsonNode sampled(String members) {
        return translated("{'model':'c','messages':[{'role':'user','content':'x'}]," + members + "}");
    }

    private static JsonNode translated(String chat) {
        return translated(chat, "claude-sonnet-4-6");
    }

    private static JsonNode translated(String chat, String model) {
        return tree(ChatRequestAsMessages.translate(bytes(chat), model));
    }
}
