package dev.sluice.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Route;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.dialect.Dialect;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpstreamIdsStageTest {
    private static final Model MODEL = model("m", "p");
    private static TestRedis redis;
    private static SharedStore store;

    private final Outbox outbox = new Outbox(store);
    private final UpstreamIdsStage stage = new UpstreamIdsStage(new IssuedIds(store, outbox, Duration.ofHours(1)));

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        store = redis.store(Duration.ofSeconds(5));
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void aResponseMayBeContinuedByItsTenantOnly() {
        // given
        issue("resp_mine", "a");

        // when
        Reply own = ask(request("'previous_response_id':'resp_mine'"), "a", MODEL);
        Reply strange = ask(request("'previous_response_id':'resp_mine'"), "b", MODEL);

        // then
        assertThat(own).isInstanceOf(Answer.class);
        assertThat(strange).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(400);
            assertThat(refusal.code()).contains("previous_response_not_found");
            assertThat(refusal.message()).isEqualTo("Previous response with id 'resp_mine' not found.");
        });
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = { "`'previous_response_id':'nobodys'`,400",
            "`'conversation':'nobodys'`,404",
            "`'input':[{'type':'item_reference','id':'nobodys'}]`,404",
            "`'input':[{'type':'reasoning','id':'nobodys','summary':[]}]`,404",
            "`'tools':[{'type':'code_interpreter','container':'nobodys'}]`,404",
            "`'previous_response_id':''`,400", "`'previous_response_id':'with space'`,400"})
    void whatNobodyIssuedDoesNotExist(String members, int status) {
        Reply reply = ask(request(members), "a", MODEL);

        assertThat(reply).isInstanceOfSatisfying(Refusal.class,
                refusal -> assertThat(refusal.status()).isEqualTo(status));
    }

    @Test
    void theItemsOfAResponseAreIssuedWithIt() {
        issue("resp_items", "a");

        assertThat(ask(request("'input':[{'type':'item_reference','id':'msg_resp_items'}]"), "a", MODEL))
                .isInstanceOf(Answer.class);
    }

    @Test
    void whatIsKeptAtOneProviderIsNotAskedForAtAnother() {
        issue("resp_p", "a");

        Reply reply = ask(request("'previous_response_id':'resp_p'"), "a", model("n", "q"));

        assertThat(reply).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(400);
            assertThat(refusal.message()).contains("`p`", "`q`");
        });
    }

    @Test
    void fallbacksAtOtherProvidersAreLeftOut() {
        // given
        issue("resp_f", "a");
        AtomicReference<Route> route = new AtomicReference<>();
        Exchange exchange = exchange(request("'previous_response_id':'resp_f'"), "a",
                new Route(MODEL, Optional.empty(), List.of(model("x", "q"), model("y", "p")), Optional.empty(),
                        List.of()));

        // when
        stage.apply(exchange, next -> {
            route.set(next.route());
            return Uni.createFrom().item(answer("resp_g", "true"));
        }).await().atMost(Duration.ofSeconds(10));

        // then
        assertThat(route.get().fallbacks()).extracting(Model::name).containsExactly("y");
    }

    @Test
    void whatIsNotKeptIsNotIssued() {
        exchange("resp_unkept", "a", answer("resp_unkept", "false"));

        assertThat(ask(request("'previous_response_id':'resp_unkept'"), "a", MODEL)).isInstanceOf(Refusal.class);
    }

    @Test
    void aStreamIssuesWithItsFirstEvent() {
        // given
        String event = "{\"type\":\"response.created\",\"response\":" + body("resp_stream", "true") + "}";
        Stream stream = new Stream(200, "text/event-stream",
                ending -> Multi.createFrom().item(List.of(SseEvent.of("response.created", bytes(event)))),
                Receipt.servedBy(MODEL, 1, Usage.NONE, 1));

        // when
        Stream passed = (Stream) exchange("resp_stream", "a", stream);
        passed.source().tell(end -> new End(end.failure(), end.abandoned(), end.receipt())).collect().asList().await()
                .atMost(Duration.ofSeconds(10));

        // then
        outbox.drain().await().atMost(Duration.ofSeconds(10));
        assertThat(ask(request("'previous_response_id':'resp_stream'"), "a", MODEL)).isInstanceOf(Answer.class);
    }

    @Test
    void withoutRedisNobodyKnowsWhoseItIs() {
        try (TestRedis gone = TestRedis.start()) {
            SharedStore away = gone.store(Duration.ofMillis(200));
            gone.stop();
            UpstreamIdsStage cut = new UpstreamIdsStage(new IssuedIds(away, new Outbox(away), Duration.ofHours(1)));

            Reply refused = cut.apply(exchange(request("'previous_response_id':'resp_1'"), "a", route(MODEL)),
                    next -> Uni.createFrom().item(answer("resp_2", "true"))).await().atMost(Duration.ofSeconds(10));
            Reply served = cut.apply(exchange(request("'store':true"), "a", route(MODEL)),
                    next -> Uni.createFrom().item(answer("resp_2", "true"))).await().atMost(Duration.ofSeconds(10));

            assertThat(((Refusal) refused).status()).isEqualTo(503);
            assertThat(((Refusal) refused).code()).contains("store_unavailable");
            assertThat(served).isInstanceOf(Answer.class);
        }
    }

    private void issue(String id, String tenant) {
        exchange(id, tenant, answer(id, "true"));
    }

    private Reply exchange(String id, String tenant, Reply answer) {
        return stage.apply(exchange(request("'store':true"), tenant, route(MODEL)),
                next -> Uni.createFrom().item(answer)).await().atMost(Duration.ofSeconds(10));
    }

    private Reply ask(String body, String tenant, Model model) {
        return stage.apply(exchange(body, tenant, route(model)),
                next -> Uni.createFrom().item(answer("resp_next", "true"))).await().atMost(Duration.ofSeconds(10));
    }

    private static Exchange exchange(String body, String tenant, Route route) {
        Caller caller = new Caller("key", tenant, Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        return Exchange.of("id", Dialect.of(Endpoint.RESPONSES).read(bytes(body)), caller, Wishes.NONE).with(route);
    }

    private static Route route(Model model) {
        return new Route(model, Optional.empty(), List.of(), Optional.empty(), List.of());
    }

    private static Model model(String name, String provider) {
        return new Model(name, provider, name, Optional.empty(), 0, 0, List.of());
    }

    private static String request(String members) {
        String input = members.contains("'input'") ? "" : "\"input\":\"x\",";
        return "{\"model\":\"m\"," + input + members.replace('\'', '"') + "}";
    }

    private static Answer answer(String id, String store) {
        return new Answer(200, "application/json", bytes(body(id, store)),
                Receipt.servedBy(MODEL, 1, Usage.NONE, 1));
    }

    private static String body(String id, String store) {
        return "{\"id\":\"" + id + "\",\"object\":\"response\",\"store\":" + store + ",\"output\":[{\"id\":\"msg_" + id
                + "\",\"type\":\"message\"}]}";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
