package dev.sluice.upstream;

import static dev.sluice.upstream.Anthropic.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Request;
import dev.sluice.Reservation;
import dev.sluice.Route;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Api;
import dev.sluice.dialect.Dialect;
import dev.sluice.sse.SseEvent;
import dev.sluice.upstream.MockProvider.Act;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients of one dialect, providers of another. */
class DialectsTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String CHAT = "{'model':'auto','messages':[{'role':'user','content':'Hi'}]}";
    private static final String CHAT_STREAM = CHAT.replace("]}", "],'stream':true}");
    private static final String MESSAGES = """
            {'model':'auto', 'max_tokens':64,'messages':[{'role':'user','content':'Hi'}], 'novel':[1.50]}""";
    private static final String MESSAGES_STREAM = MESSAGES.replace("'novel'", "'stream':true,'novel'");
    private static final String COMPLETION = """
            {'id':'c1','object':'chat.completion','model':'gpt-upstream','choices':[{'index':0,'message':\
            {'role':'assistant','content':'Hello from GPT.'},'finish_reason':'stop'}],\
            'usage':{'prompt_tokens':9,'completion_tokens':4,'prompt_tokens_details':{'cached_tokens':2}}}""";
    private static final String CHUNK = "{'id':'c1','model':'gpt-upstream','choices':[{'index':0,'delta':";
    /** 100 plain, 10,000 read, 1,500 written, 500 written for an hour, 5 told: 0.0003 + 0.003 + 0.005625 + 0.003 + 0.000075. */
    private static final Usage USAGE = new Usage(12_100, 10_000, 1_500, 500, 5);
    private static final Money COST = Money.ofUsd(new BigDecimal("0.012"));

    private final MockProvider mock = MockProvider.start();
    private final Model claude = new Model("claude", "p", "claude-upstream", Optional.of(new Price(usd("3"), usd("0.3"),
            usd("3.75"), usd("6"), usd("15"))), 50, 200_000, List.of());
    private TestUpstream upstream = speaking(Api.ANTHROPIC);

    @AfterEach
    void stop() {
        upstream.close();
        mock.close();
    }

    private TestUpstream speaking(Api api) {
        return new TestUpstream(new Settings.Provider.Remote("p", api, mock.baseUrl(), Optional.empty(), Map.of(),
                Map.of(), "x-api-key", LONG, LONG, LONG, 16, 0, 0, Fixture.QUICK, Fixture.STEADY));
    }

    private void openAi() {
        upstream.close();
        upstream = speaking(Api.OPENAI);
    }

    private Reply chat(String body) {
        return serve(Dialect.of(Endpoint.CHAT_COMPLETIONS).read(bytes(body)));
    }

    private Reply messages(String body) {
        return serve(Dialect.of(Endpoint.MESSAGES).read(bytes(body)).with(Map.of("anthropic-beta", "a-1,b-2")));
    }

    private Reply serve(Request request) {
        Caller caller = new Caller("key", "tenant", Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        return upstream.serve(Exchange.of("req", request, caller, Wishes.NONE)
                .with(new Route(claude, Optional.empty(), List.of(), Optional.empty(), List.of()))
                .with(Reservation.NONE));
    }

    @Test
    void anthropicAnswersAChatCompletion() {
        // given
        mock.next(Anthropic.message("end_turn"));

        // when
        Answer answer = (Answer) chat(CHAT);

        // then
        assertThat(mock.lastCall().uri()).isEqualTo("/v1/messages");
        assertThat(sent()).isEqualTo("{'model':'claude-upstream','messages':[{'role':'user','content':"
                + "[{'type':'text','text':'Hi'}]}],'max_tokens':2048}");
        assertThat(text(answer.body())).contains("'object':'chat.completion'", "'model':'claude'",
                "'content':'Hello from Claude.'", "'finish_reason':'stop'", "'prompt_tokens':12100",
                "'cached_tokens':10000");
        assertThat(answer.contentType()).isEqualTo("application/json");
        assertThat(answer.receipt().usage()).isEqualTo(USAGE);
        assertThat(answer.receipt().cost()).isEqualTo(COST);
        assertThat(answer.receipt().cutShort()).isTrue();
    }

    @Test
    void anthropicTellsAChatCompletionAsAStream() {
        // given
        mock.next(Anthropic.stream());

        // when
        Listener listener = Listener.greedy((Stream) chat(CHAT_STREAM)).awaitCompletion();

        // then
        List<SseEvent> events = listener.events();
        String wire = text(listener.wire().getBytes(UTF_8));
        assertThat(sent()).contains("'stream':true");
        assertThat(wire).contains("'content':'Hello '", "'content':'from Claude.'", "'finish_reason':'stop'",
                "'model':'claude'").doesNotContain("event:", "claude-upstream", "message_start")
                .endsWith(": sluice cost-usd=0.012\n\ndata: [DONE]\n\n");
        assertThat(events).filteredOn(SseEvent::hidden).singleElement()
                .satisfies(event -> assertThat(text(event.data())).contains("'prompt_tokens':12100"));
        End end = listener.awaitEnd();
        assertThat(end.finished()).isTrue();
        assertThat(end.receipt().usage()).isEqualTo(USAGE);
        assertThat(end.receipt().cost()).isEqualTo(COST);
    }

    @Test
    void whatAnthropicsClientAndAnthropicSayToOneAnotherPassesUnchanged() {
        // given
        Act act = Anthropic.message("end_turn");
        mock.next(act);

        // when
        Answer answer = (Answer) messages(MESSAGES);

        // then
        assertThat(sent()).isEqualTo(MESSAGES.replace("auto", "claude-upstream"));
        assertThat(mock.lastCall().header("anthropic-beta")).isEqualTo("a-1,b-2");
        assertThat(text(answer.body())).isEqualTo(text(act.body()).replace("claude-upstream", "claude"));
        assertThat(answer.receipt().usage()).isEqualTo(USAGE);
        assertThat(answer.receipt().cutShort()).isFalse();
    }

    @Test
    void soDoTheirStreams() {
        // given
        Act act = Anthropic.stream();
        mock.next(act);

        // when
        Listener listener = Listener.greedy((Stream) messages(MESSAGES_STREAM)).awaitCompletion();

        // then
        StringBuilder told = new StringBuilder();
        act.pieces().forEach(piece -> told.append(new String(piece.bytes(), UTF_8)));
        assertThat(mock.lastCall().header("anthropic-beta")).isEqualTo("a-1,b-2");
        assertThat(sent()).isEqualTo(MESSAGES_STREAM.replace("auto", "claude-upstream"));
        assertThat(listener.wire()).isEqualTo(told.toString().replace("claude-upstream", "claude")
                .replace("event: message_stop", ": sluice cost-usd=0.012\n\nevent: message_stop"));
        assertThat(listener.awaitEnd().receipt().usage()).isEqualTo(USAGE);
    }

    @Test
    void openAiAnswersAMessage() {
        // given
        openAi();
        mock.next(Act.ok().withBody(bytes(COMPLETION)));

        // when
        Answer answer = (Answer) messages(MESSAGES);

        // then
        assertThat(mock.lastCall().uri()).isEqualTo("/v1/chat/completions");
        assertThat(mock.lastCall().header("anthropic-beta")).isNull();
        assertThat(sent()).isEqualTo("{'model':'claude-upstream','messages':[{'role':'user','content':'Hi'}],"
                + "'max_tokens':64}");
        assertThat(text(answer.body())).isEqualTo("{'id':'msg_c1','type':'message','role':'assistant',"
                + "'model':'claude','content':[{'type':'text','text':'Hello from GPT.'}],'stop_reason':'end_turn',"
                + "'stop_sequence':null,'usage':{'input_tokens':7,'cache_creation_input_tokens':0,"
                + "'cache_read_input_tokens':2,'output_tokens':4}}");
        assertThat(answer.receipt().usage()).isEqualTo(new Usage(9, 2, 4));
    }

    @Test
    void openAiTellsAMessageAsAStream() {
        // given
        openAi();
        mock.next(Act.events(json(CHUNK + "{'role':'assistant','content':''},'finish_reason':null}]}"),
                json(CHUNK + "{'content':'Hello'},'finish_reason':null}]}"),
                json(CHUNK + "{},'finish_reason':'stop'}]}"),
                json("{'id':'c1','model':'gpt-upstream','choices':[],'usage':{'prompt_tokens':9,'completion_tokens':4}}"),
                "[DONE]"));

        // when
        Listener listener = Listener.greedy((Stream) messages(MESSAGES_STREAM)).awaitCompletion();

        // then
        assertThat(sent()).contains("'stream_options':{'include_usage':true}");
        assertThat(listener.events()).extracting(SseEvent::type).containsExactly("message_start",
                "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "",
                "message_stop");
        assertThat(text(listener.wire().getBytes(UTF_8))).contains("'model':'claude'", "'text':'Hello'",
                "'stop_reason':'end_turn'", "'usage':{'input_tokens':9,'cache_creation_input_tokens':0,"
                        + "'cache_read_input_tokens':0,'output_tokens':4}");
        assertThat(listener.awaitEnd().receipt().usage()).isEqualTo(new Usage(9, 0, 4));
    }

    @Test
    void anOverloadedAnthropicIsAskedAgain() {
        // given
        mock.next(Anthropic.error(529, "overloaded_error", "Overloaded"), Anthropic.message("end_turn"));

        // when
        Answer answer = (Answer) chat(CHAT);

        // then
        assertThat(answer.ok()).isTrue();
        assertThat(answer.receipt().attempts()).isEqualTo(2);
        assertThat(upstream.attempts("server_error")).isEqualTo(1);
    }

    @Test
    void soIsOneThatSaysItInItsFirstEvent() {
        // given
        String overloaded = "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}";
        mock.next(Anthropic.events(overloaded), Anthropic.events("{'type':'ping'}", overloaded), Anthropic.stream());

        // when
        Listener listener = Listener.greedy((Stream) chat(CHAT_STREAM)).awaitCompletion();

        // then
        assertThat(listener.awaitEnd().receipt().attempts()).isEqualTo(3);
        assertThat(listener.wire()).contains("from Claude.").doesNotContain("Overloaded");
    }

    @Test
    void aFaultMidwayIsToldInTheClientsDialect() {
        // given
        String overloaded = "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}";
        mock.next(Anthropic.events(
                "{'type':'message_start','message':{'id':'msg_1','model':'x','usage':{'input_tokens':9,"
                        + "'output_tokens':1}}}",
                "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':'Well'}}", overloaded));

        // when
        Listener listener = Listener.greedy((Stream) chat(CHAT_STREAM)).awaitCompletion();

        // then
        assertThat(text(listener.wire().getBytes(UTF_8))).contains("'content':'Well'",
                "data: {'error':{'message':'Overloaded','type':'overloaded_error','param':null,'code':null}}")
                .doesNotContain("[DONE]");
        assertThat(listener.awaitEnd().failure()).isPresent();
        assertThat(listener.awaitEnd().receipt().usage().inputTokens()).isEqualTo(9);
    }

    @Test
    void refusalsOfAProviderAreTranslated() {
        // given
        mock.next(Anthropic.error(400, "invalid_request_error", "max_tokens: too large"));

        // when
        Answer refused = (Answer) chat(CHAT);

        // then
        assertThat(refused.status()).isEqualTo(400);
        assertThat(text(refused.body())).isEqualTo("{'error':{'message':'max_tokens: too large',"
                + "'type':'invalid_request_error','param':null,'code':null}}");
    }

    @Test
    void soIsTheLastOfSeveral() {
        // given
        openAi();
        mock.always(Act.status(429).withBody(bytes("{'error':{'message':'Slow down.','type':'x','code':'y'}}"))
                .header("Retry-After", "7"));

        // when
        Answer busy = (Answer) messages(MESSAGES);

        // then
        assertThat(busy.status()).isEqualTo(429);
        assertThat(busy.retryAfterSeconds()).hasValue(7);
        assertThat(text(busy.body()))
                .isEqualTo("{'type':'error','error':{'type':'rate_limit_error','message':'Slow down.'}}");
    }

    @Test
    void whatCannotBeSaidIsRefusedWithoutACall() {
        // when
        Refusal refusal = (Refusal) chat(CHAT.replace("'model'", "'n':2,'model'"));

        // then
        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.param()).contains("n");
        assertThat(mock.calls()).isEmpty();
    }

    @Test
    void anAnswerThatIsNoMessageIsABadGateway() {
        // given
        mock.next(Act.body("{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"));

        // when
        Refusal refusal = (Refusal) chat(CHAT);

        // then
        assertThat(refusal.status()).isEqualTo(502);
        assertThat(refusal.message())
                .isEqualTo("The provider `p` answered something that is not a message.");
        assertThat(refusal.receipt().maybeBilled()).isTrue();
    }

    @Test
    void aStreamThatForgetsItsTerminalEventIsEndedForTheClient() {
        // given
        mock.next(Anthropic.events(
                "{'type':'message_start','message':{'id':'msg_1','model':'x','usage':{'input_tokens':9,"
                        + "'output_tokens':1}}}",
                "{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':5}}"));

        // when
        Listener listener = Listener.greedy((Stream) chat(CHAT_STREAM)).awaitCompletion();

        // then
        assertThat(listener.wire()).endsWith("data: [DONE]\n\n");
        assertThat(listener.awaitEnd().finished()).isTrue();
    }

    private String sent() {
        return text(mock.lastCall().body());
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8).replace('"', '\'');
    }

    private static BigDecimal usd(String amount) {
        return new BigDecimal(amount);
    }
}
