package dev.sluice.upstream;

import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Piece;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What Anthropic's API answers, recorded by hand after its public description. Texts are written with single quotes for
 * double ones.
 */
public final class Anthropic {
    /** 2,000 tokens written to its prompt cache, 500 of them for an hour, and 10,000 read from there. */
    private static final String USAGE = """
            'usage':{'input_tokens':100,'cache_creation_input_tokens':2000,'cache_read_input_tokens':10000,\
            'cache_creation':{'ephemeral_5m_input_tokens':1500,'ephemeral_1h_input_tokens':500},'output_tokens':""";

    private Anthropic() {
    }

    public static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    /** A text. */
    public static Act message(String stopReason) {
        return whole("[{'type':'text','text':'Hello from Claude.'}]", stopReason);
    }

    /** A call of the tool weather. */
    public static Act toolUse() {
        return whole("[{'type':'text','text':'I look.'},{'type':'tool_use','id':'toolu_1','name':'weather',"
                + "'input':{'city':'Köln'}}]", "tool_use");
    }

    private static Act whole(String content, String stopReason) {
        return Act.ok().withBody(bytes("{'id':'msg_1','type':'message','role':'assistant','model':'claude-upstream',"
                + "'content':" + content + ",'stop_reason':'" + stopReason + "','stop_sequence':null," + USAGE
                + "5}}"));
    }

    /** A text, told in two deltas. */
    public static Act stream() {
        return events(
                start(),
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}",
                "{'type':'ping'}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hello '}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'from Claude.'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'message_delta','delta':{'stop_reason':'end_turn','stop_sequence':null},"
                        + "'usage':{'output_tokens':5}}",
                "{'type':'message_stop'}");
    }

    /** A call of the tool weather, told in pieces. */
    public static Act toolStream() {
        return events(
                start(),
                "{'type':'content_block_start','index':0,'content_block':{'type':'tool_use','id':'toolu_1',"
                        + "'name':'weather','input':{}}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta','partial_json':''}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta','partial_json':'{\\'ci'}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta',"
                        + "'partial_json':'ty\\':\\'Köln\\'}'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'message_delta','delta':{'stop_reason':'tool_use','stop_sequence':null},"
                        + "'usage':{'output_tokens':5}}",
                "{'type':'message_stop'}");
    }

    private static String start() {
        return "{'type':'message_start','message':{'id':'msg_1','type':'message','role':'assistant','content':[],"
                + "'model':'claude-upstream','stop_reason':null,'stop_sequence':null," + USAGE + "1}}}";
    }

    /** These data, each of the type that it says. */
    public static Act events(String... data) {
        List<Piece> pieces = Stream.of(data).map(text -> {
            String type = text.substring("{'type':'".length(), text.indexOf('\'', "{'type':'".length()));
            return new Piece(Duration.ZERO,
                    "event: " + type + "\ndata: " + new String(bytes(text), StandardCharsets.UTF_8) + "\n\n");
        }).toList();
        return Act.pieces(pieces);
    }

    public static Act error(int status, String type, String message) {
        return Act.status(status)
                .withBody(bytes("{'type':'error','error':{'type':'" + type + "','message':'" + message + "'}}"));
    }
}
