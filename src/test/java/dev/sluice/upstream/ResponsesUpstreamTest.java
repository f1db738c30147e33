package dev.sluice.upstream;

import static dev.sluice.upstream.Anthropic.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Reservation;
import dev.sluice.Route;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Api;
import dev.sluice.dialect.Dialect;
import dev.sluice.sse.SseEvent;
import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Call;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients of the Responses API, and providers that have it, lack it or speak otherwise. */
class ResponsesUpstreamTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String ASKED = "{ 'model':'m', 'input':'Hi', 'novel':[1.50]}";
    private static final String STREAMED = "{ 'model':'m', 'input':'Hi', 'stream':true}";
    private static final String RESPONSE = """
            {'id':'resp_1','object':'response','status':'completed','model':'m-upstream','output':[],\
            'usage':{'input_tokens':1000,'input_tokens_details':{'cached_tokens':400},'output_tokens':10}}""";
    private static final String COMPLETION = """
            {'id':'c1','object':'chat.completion','model':'m-upstream','choices':[{'index':0,'message':\
            {'role':'assistant','content':'Hello.'},'finish_reason':'stop'}],\
            'usage':{'prompt_tokens':9,'completion_tokens':4,'prompt_cache_hit_tokens':2}}""";
    private static final Act NO_SUCH_PATH = Act.status(404).withBody(bytes("{'detail':'Not Found'}"));

    private final MockProvider mock = MockProvider.start();
    private final Model model = new Model("m", "p", "m-upstream",
            Optional.of(new Price(BigDecimal.valueOf(10), BigDecimal.ONE, BigDecimal.valueOf(100))), 0, 0, List.of());
    private TestUpstream upstream = speaking(Api.OPENAI);

    @AfterEach
    void stop() {
        upstream.close();
        mock.close();
    }

    private TestUpstream speaking(Api api) {
        return new TestUpstream(new Settings.Provider.Remote("p", api, mock.baseUrl(), Optional.empty(), Map.of(),
                Map.of(), "Authorization", LONG, LONG, LONG, 16, 0, 0, Fixture.QUICK, Fixture.STEADY));
    }

    private Reply ask(String body) {
        Caller caller = new Caller("key", "tenant", Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        return upstream.serve(Exchange
                .of("req", Dialect.of(Endpoint.RESPONSES).read(bytes(body)), caller, Wishes.NONE)
                .with(new Route(model, Optional.empty(), List.of(), Optional.empty(), List.of()))
                .with(Reservation.NONE));
    }

    private static Act responseEvents(String... data) {
        StringBuilder wire = new StringBuilder();
        for (String each : data) {
            String type = each.substring(each.indexOf("response."), each.indexOf('\'', each.indexOf("response.")));
            wire.append("event: ").append(type).append("\ndata: ").append(each.replace('\'', '"')).append("\n\n");
        }
        return Act.body(wire.toString()).header("Content-Type", "text/event-stream");
    }

    @Test
    void whoHasResponsesIsAskedForThem() {
        mock.next(Act.body(text(RESPONSE)));

        Answer answer = (Answer) ask(ASKED);

        assertThat(mock.lastCall().uri()).isEqualTo("/v1/responses");
        assertThat(sent(0)).isEqualTo(ASKED.replace("'m'", "'m-upstream'"));
        assertThat(quoted(answer.body())).isEqualTo(RESPONSE.replace("m-upstream", "m"));
        assertThat(answer.receipt().usage()).isEqualTo(new Usage(1000, 400, 10));
        // 600 plain at 10, 400 cached at 1, 10 told at 100 dollars a million
        assertThat(answer.receipt().cost().toString()).isEqualTo("0.0074");
    }

    @Test
    void aStreamOfResponsesPassesAsItIsAndIsCounted() {
        // given
        mock.next(responseEvents("{'type':'response.created','response':{'id':'resp_1','model':'m-upstream'}}",
                "{'type':'response.output_text.delta','delta':'Hi'}",
                "{'type':'response.completed','response':" + RESPONSE + "}"));

        // when
        Listener listener = Listener.greedy((Stream) ask(STREAMED)).awaitCompletion();

        // then
        assertThat(listener.events()).extracting(SseEvent::type).containsExactly("response.created",
                "response.output_text.delta", "", "response.completed");
        assertThat(quoted(listener.wire().getBytes(UTF_8))).doesNotContain("m-upstream")
                .contains(": sluice cost-usd=0.0074\n\nevent: response.completed\ndata: ");
        assertThat(listener.awaitEnd().receipt().usage()).isEqualTo(new Usage(1000, 400, 10));
        assertThat(sent(0)).isEqualTo(STREAMED.replace("'m'", "'m-upstream'"));
    }

    @Test
    void aResponseThatFailsMidwayIsToldOnceAndEndsTheStream() {
        // given
        mock.next(responseEvents("{'type':'response.created','response':{'id':'resp_1'}}",
                "{'type':'response.output_text.delta','delta':'Hi'}",
                "{'type':'response.failed','response':{'status':'failed','error':{'message':'Broken.'}}}"));

        // when
        Listener listener = Listener.greedy((Stream) ask(STREAMED)).awaitCompletion();

        // then
        assertThat(listener.events()).extracting(SseEvent::type).containsExactly("response.created",
                "response.output_text.delta", "", "response.failed");
        assertThat(listener.awaitEnd().finished()).isFalse();
    }

    @Test
    void aStreamThatBreaksOffEndsWithAnErrorEvent() {
        mock.next(responseEvents("{'type':'response.created','response':{'id':'resp_1'}}"));

        Listener listener = Listener.greedy((Stream) ask(STREAMED)).awaitCompletion();

        assertThat(listener.events()).extracting(SseEvent::type).containsExactly("response.created", "", "error");
    }

    @Test
    void whoLacksResponsesIsAskedForAChatCompletionAndLaterAtOnce() {
        // given
        mock.next(NO_SUCH_PATH, Act.body(text(COMPLETION)), Act.body(text(COMPLETION)));

        // when
        Answer first = (Answer) ask(ASKED);
        Answer second = (Answer) ask(ASKED);

        // then
        assertThat(mock.calls()).extracting(Call::uri).containsExactly("/v1/responses", "/v1/chat/completions",
                "/v1/chat/completions");
        assertThat(sent(1)).isEqualTo(
                "{'model':'m-upstream','novel':[1.50],'messages':[{'role':'user','content':'Hi'}]}");
        assertThat(quoted(first.body())).contains("'id':'resp_c1'", "'object':'response'", "'model':'m'",
                "'text':'Hello.'", "'store':false", "'cached_tokens':2");
        assertThat(first.receipt().attempts()).isEqualTo(2);
        assertThat(first.receipt().usage()).isEqualTo(new Usage(9, 2, 4));
        assertThat(second.receipt().attempts()).isEqualTo(1);
    }

    @Test
    void aStreamOfChunksBecomesAStreamOfResponses() {
        // given
        String chunk = "{'id':'c1','model':'m-upstream','choices':[{'index':0,'delta':";
        mock.next(NO_SUCH_PATH, Act.events(text(chunk + "{'content':'Hel'},'finish_reason':null}]}"),
                text(chunk + "{'content':'lo.'},'finish_reason':null}]}"),
                text(chunk + "{},'finish_reason':'stop'}]}"),
                text("{'id':'c1','choices':[],'usage':{'prompt_tokens':9,'completion_tokens':4}}"), "[DONE]"));

        // when
        Listener listener = Listener.greedy((Stream) ask(STREAMED)).awaitCompletion();

        // then
        assertThat(listener.events()).extracting(SseEvent::type).containsExactly("response.created",
                "response.in_progress", "response.output_item.added", "response.content_part.added",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
                "response.content_part.done", "response.output_item.done", "", "response.completed");
        assertThat(listener.awaitEnd().finished()).isTrue();
        assertThat(listener.awaitEnd().receipt().usage()).isEqualTo(new Usage(9, 0, 4));
        assertThat(quoted(listener.wire().getBytes(UTF_8))).contains("'text':'Hello.'", "'input_tokens':9")
                .doesNotContain("m-upstream", "[DONE]");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
            "`{'error':{'message':'no','param':'model','code':'model_not_found'}}`",
            "`{'error':{'message':'no','param':null,'code':'model_not_found'}}`"})
    void whatElseIsNotFoundIsPassedOn(String body) {
        mock.next(Act.status(404).withBody(bytes(body)));

        Answer answer = (Answer) ask(ASKED);

        assertThat(answer.status()).isEqualTo(404);
        assertThat(quoted(answer.body())).isEqualTo(body);
        assertThat(mock.calls()).hasSize(1);
    }

    @Test
    void whatACompletionCannotSayIsRefusedWhereResponsesAreLacking() {
        mock.next(NO_SUCH_PATH);

        Reply reply = ask("{'model':'m','input':'x','tools':[{'type':'web_search'}]}");

        assertThat(reply).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(400);
            assertThat(refusal.param()).contains("tools[0]");
        });
    }

    @Test
    void anthropicAnswersAResponse() {
        // given
        upstream.close();
        upstream = speaking(Api.ANTHROPIC);
        mock.next(Anthropic.message("end_turn"));

        // when
        Answer answer = (Answer) ask(ASKED);

        // then
        assertThat(mock.lastCall().uri()).isEqualTo("/v1/messages");
        assertThat(quoted(answer.body())).contains("'object':'response'", "'text':'Hello from Claude.'",
                "'input_tokens':12100", "'cached_tokens':10000", "'cache_write_tokens':2000", "'model':'m'");
        assertThat(answer.receipt().usage()).isEqualTo(new Usage(12_100, 10_000, 1_500, 500, 5));
    }

    @Test
    void anthropicTellsAResponseAsAStream() {
        // given
        upstream.close();
        upstream = speaking(Api.ANTHROPIC);
        mock.next(Anthropic.stream());

        // when
        Listener listener = Listener.greedy((Stream) ask(STREAMED)).awaitCompletion();

        // then
        assertThat(listener.events()).extracting(SseEvent::type).startsWith("response.created", "response.in_progress")
                .endsWith("response.output_item.done", "", "response.completed");
        assertThat(quoted(listener.wire().getBytes(UTF_8))).contains("'text':'Hello from Claude.'",
                "'input_tokens':12100");
        assertThat(listener.awaitEnd().receipt().usage()).isEqualTo(new Usage(12_100, 10_000, 1_500, 500, 5));
    }

    @Test
    void anthropicHasNoEmbeddings() {
        upstream.close();
        upstream = speaking(Api.ANTHROPIC);
        Caller caller = new Caller("key", "tenant", Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));

        Reply reply = upstream.serve(Exchange.of("req",
                Dialect.of(Endpoint.EMBEDDINGS).read(bytes("{'model':'m','input':'x'}")), caller, Wishes.NONE)
                .with(new Route(model, Optional.empty(), List.of(), Optional.empty(), List.of()))
                .with(Reservation.NONE));

        assertThat(((Refusal) reply).status()).isEqualTo(400);
        assertThat(mock.calls()).isEmpty();
    }

    private String sent(int call) {
        return quoted(mock.calls().get(call).body());
    }

    private static String text(String quoted) {
        return quoted.replace('\'', '"');
    }

    private static String quoted(byte[] bytes) {
        return new String(bytes, UTF_8).replace('"', '\'');
    }
}
