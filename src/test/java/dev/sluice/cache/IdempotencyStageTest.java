package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.question;
import static dev.sluice.cache.Asked.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Request;
import dev.sluice.Wishes;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.Replay;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import dev.sluice.sse.SseEvent;
import io.vertx.redis.client.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class IdempotencyStageTest extends TwoReplicas {
    private static final CacheStatus REPLAYED = new CacheStatus.Replayed();
    private static final CacheWish OFF = new CacheWish(Lookup.OFF, false, false, OptionalLong.empty(), false);

    private final String name = UUID.randomUUID().toString();
    private final String why = question("Why " + name);
    private final HeldProvider provider = new HeldProvider();

    private static Exchange named(String name, String body, String key) {
        Exchange plain = exchange(body);
        Caller caller = new Caller(key, "tenant", Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        return Exchange.of(plain.id(), plain.request(), caller, new Wishes(Optional.empty(), OFF,
                OptionalDouble.empty(), Optional.empty(), OptionalLong.empty(), Optional.of(name), false,
                Duration.ZERO))
                .with(plain.route());
    }

    private CompletableFuture<Reply> ask(Replica replica, Exchange exchange) {
        return replica.start(exchange, provider).subscribeAsCompletionStage();
    }

    private CompletableFuture<Reply> ask(Replica replica) {
        return ask(replica, named(name, why, "key"));
    }

    private static Optional<CacheStatus> status(Reply reply) {
        return reply.receipt().cache();
    }

    @Test
    void theFirstAnswerIsGivenAgainThoughTheRequestBypassesTheCache() {
        CompletableFuture<Reply> first = ask(one);
        provider.call(0).answers("the first");
        assertThat(status(reply(first))).contains(new CacheStatus.Bypass());

        for (Replica replica : new Replica[]{ one, other, one}) {
            Reply again = reply(ask(replica, named(name, " " + why.replace(":", " : "), "key")));

            assertThat(text(again)).isEqualTo(text(first.join()));
            assertThat(status(again)).contains(REPLAYED);
            assertThat(again.receipt().cost()).isEqualTo(Money.ZERO);
            assertThat(again.receipt().savedByCache()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
            assertThat(again.receipt().attempts()).isZero();
        }
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void itIsRememberedForADay() {
        CompletableFuture<Reply> first = ask(one);
        provider.call(0).answers("the first");
        reply(first);
        reply(ask(one));

        String key = one.await(store.call(Command.KEYS, "*{t:tenant}:idempotency:key:*")).iterator().next().toString();

        assertThat(one.await(store.call(Command.PTTL, key)).toLong())
                .isBetween(Duration.ofHours(23).toMillis(), Duration.ofHours(24).toMillis());
    }

    @Test
    void whileItRunsItIsWaitedFor() {
        CompletableFuture<Reply> first = ask(one);
        HeldProvider.Call call = provider.call(0);
        CompletableFuture<Reply> second = ask(one);
        CompletableFuture<Reply> third = ask(other);

        call.answers("the first");

        assertThat(text(reply(first))).contains("the first");
        assertThat(status(reply(second))).contains(REPLAYED);
        assertThat(status(reply(third))).contains(REPLAYED);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void anotherBodyUnderTheSameNameIsRefusedWhileItRunsAndAfterwards() {
        CompletableFuture<Reply> first = ask(one);
        HeldProvider.Call call = provider.call(0);

        isMismatch(reply(ask(other, named(name, question("Who?"), "key"))));
        call.answers("the first");
        reply(first);
        isMismatch(reply(ask(one, named(name, question("Who?"), "key"))));
        isMismatch(reply(ask(one, named(name, why.replace("{\"model", "{\"stream\":true,\"model"), "key"))));
        assertThat(text(reply(ask(one)))).contains("the first");
        assertThat(provider.calls).hasSize(1);
    }

    private static void isMismatch(Reply reply) {
        assertThat(reply).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(422);
            assertThat(refusal.code()).contains("idempotency_mismatch");
            assertThat(refusal.receipt().cost()).isEqualTo(Money.ZERO);
        });
    }

    @Test
    void aNameCountsForOneKeyAndOneEndpoint() {
        CompletableFuture<Reply> first = ask(one);
        provider.call(0).answers("the first");
        reply(first);

        ask(one, named(name, why, "another key"));
        provider.call(1);
        Exchange same = named(name, why, "key");
        Request elsewhere = new Request(Endpoint.EMBEDDINGS, same.request().body(), "m", "hi", 0, 1);
        one.start(Exchange.of("id", elsewhere, same.caller(), same.wishes()).with(same.route()), e -> {
            assertThat(e.request().endpoint()).isEqualTo(Endpoint.EMBEDDINGS);
            return provider.apply(e);
        }).subscribeAsCompletionStage().exceptionally(notServedHere -> null);
        assertThat(one.await(store.call(Command.KEYS, "*{t:tenant}:idempotency:key:*")).size()).isGreaterThan(1);
    }

    @Test
    void errorsAreNotRemembered() {
        CompletableFuture<Reply> refused = ask(one);
        provider.call(0).ends(Refusal.of(503, "api_error", "overloaded", "No."));
        assertThat(reply(refused)).isInstanceOf(Refusal.class);

        CompletableFuture<Reply> failed = ask(other);
        provider.call(1).ends(Asked.answer(400, Asked.body("stop", "bad"),
                Receipt.servedBy(Asked.MODEL, 1, Asked.USAGE, 1)));
        assertThat(((Answer) reply(failed)).status()).isEqualTo(400);

        CompletableFuture<Reply> broken = ask(one);
        provider.call(2).emitter().fail(new IllegalStateException("a defect"));
        assertThat(broken.handle((reply, defect) -> defect).join()).isNotNull();

        CompletableFuture<Reply> well = ask(other);
        provider.call(3).answers("well");
        assertThat(text(reply(well))).contains("well");
        assertThat(text(reply(ask(one)))).contains("well");
    }

    @Test
    void theCallGoesOnWhenItsClientLeavesSoThatItMayComeBack() {
        CompletableFuture<Reply> first = ask(one);
        HeldProvider.Call call = provider.call(0);
        first.cancel(true);
        CompletableFuture<Reply> back = ask(other);

        assertThat(call.exchange().sharing().abandoned()).isTrue();
        call.answers("the first");

        assertThat(text(reply(back))).contains("the first");
        assertThat(provider.cancelled).hasValue(0);
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void aStreamIsRememberedWhenItHasBeenTold() {
        String body = why.replace("{\"model", "{\"stream\":true,\"model");
        CompletableFuture<Reply> first = ask(one, named(name, body, "key"));
        provider.call(0).ends(stream());
        assertThat(told(reply(first))).contains("told", "[DONE]");

        Reply again = reply(ask(other, named(name, body, "key")));

        assertThat(status(again)).contains(REPLAYED);
        assertThat(told(again)).contains("told", "cost-usd=0\n", "[DONE]");
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void aStreamWhoseClientLeftBeforeItBeganIsRememberedToo() {
        String body = why.replace("{\"model", "{\"stream\":true,\"model");
        CompletableFuture<Reply> first = ask(one, named(name, body, "key"));
        HeldProvider.Call call = provider.call(0);
        first.cancel(true);

        call.ends(stream());

        assertThat(told(reply(ask(other, named(name, body, "key"))))).contains("told", "[DONE]");
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void aStreamIsJoinedWhileItIsTold() {
        String body = why.replace("{\"model", "{\"stream\":true,\"model");
        CompletableFuture<Reply> first = ask(one, named(name, body, "key"));
        Told told = new Told();
        provider.call(0).ends(told.stream());
        Ear client = new Ear(reply(first), Long.MAX_VALUE);
        told.tell("Hel");

        Ear here = new Ear(reply(ask(one, named(name, body, "key"))), Long.MAX_VALUE);
        Ear elsewhere = new Ear(reply(ask(other, named(name, body, "key"))), Long.MAX_VALUE);
        isMismatch(reply(ask(other, named(name, body.replace("Why", "Who"), "key"))));
        here.hears("Hel");
        elsewhere.hears("Hel");
        assertThat(here.heard() + elsewhere.heard()).doesNotContain("lo\"");
        told.tell("lo").finish();

        for (Ear ear : List.of(client, here, elsewhere)) {
            ear.hearsItsEnd();
            assertThat(ear.heard()).containsSubsequence("Hel", "lo", "stop", "cost-usd=", "[DONE]");
        }
        assertThat(client.how.receipt().cost()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        for (Ear joined : List.of(here, elsewhere)) {
            assertThat(status(joined.head)).contains(REPLAYED);
            assertThat(joined.how.receipt().cost()).isEqualTo(Money.ZERO);
            assertThat(joined.how.receipt().savedByCache()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        }
        assertThat(told(reply(ask(other, named(name, body, "key"))))).containsSubsequence("Hel", "lo", "[DONE]");
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void aStreamGoesOnWithoutItsClientWhileItIsJoinedAndIsRemembered() {
        String body = why.replace("{\"model", "{\"stream\":true,\"model");
        CompletableFuture<Reply> first = ask(one, named(name, body, "key"));
        HeldProvider.Call call = provider.call(0);
        Told told = new Told();
        call.ends(told.stream());
        Ear client = new Ear(reply(first), Long.MAX_VALUE);
        told.tell("Hel");
        Ear back = new Ear(reply(ask(other, named(name, body, "key"))), Long.MAX_VALUE);

        client.subscription.cancel();
        Eventually.until(() -> client.how != null);
        told.tell("lo").finish();

        assertThat(client.how.abandoned()).isTrue();
        assertThat(call.exchange().sharing().abandoned()).isTrue();
        back.hearsItsEnd();
        assertThat(back.heard()).containsSubsequence("Hel", "lo", "[DONE]");
        assertThat(told.how.receipt().cost()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        assertThat(told(reply(ask(one, named(name, body, "key"))))).containsSubsequence("Hel", "lo", "[DONE]");
        assertThat(provider.calls).hasSize(1);
    }

    @Test
    void aStreamThatItsClientLeavesToNobodyEndsAndItsNameIsFree() {
        String body = why.replace("{\"model", "{\"stream\":true,\"model");
        CompletableFuture<Reply> first = ask(one, named(name, body, "key"));
        Told told = new Told();
        provider.call(0).ends(told.stream());
        Ear client = new Ear(reply(first), Long.MAX_VALUE);
        told.tell("Hel");
        client.hears("Hel");

        client.subscription.cancel();

        Eventually.until(() -> told.how != null);
        assertThat(told.how.abandoned()).isTrue();
        assertThat(client.how.receipt().cost()).isEqualTo(Asked.MODEL.cost(Asked.USAGE));
        CompletableFuture<Reply> again = ask(other, named(name, body, "key"));
        provider.call(1).ends(stream());
        assertThat(told(reply(again))).contains("told", "[DONE]");
    }

    private static Reply stream() {
        String chunk = "{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"told\"},"
                + "\"finish_reason\":\"stop\"}]}";
        return Replay.atOnce(Dialect.of(Endpoint.CHAT_COMPLETIONS),
                List.of(SseEvent.of(chunk.getBytes(StandardCharsets.UTF_8)), SseEvent.DONE),
                Receipt.servedBy(Asked.MODEL, 1, Asked.USAGE, 1));
    }

    private static String told(Reply reply) {
        StringBuilder all = new StringBuilder();
        ((Stream) reply).source().tell(end -> end).collect().asList().await().atMost(Duration.ofSeconds(10))
                .forEach(batch -> batch.forEach(e -> all.append(new String(e.raw(), StandardCharsets.UTF_8))));
        return all.toString();
    }

    @Test
    void withoutRedisItIsServedAsThoughItHadNoName() {
        try (TestRedis away = TestRedis.start()) {
            SharedStore gone = Eventually.answering(away.store(Duration.ofMillis(500)));
            Replica replica = new Replica(away, gone, Replica.settings());
            away.stop();
            Eventually.until(() -> !gone.available());

            CompletableFuture<Reply> first = ask(replica);
            CompletableFuture<Reply> second = ask(replica);
            provider.call(0).answers("one");
            provider.call(1).answers("two");

            assertThat(reply(first)).isInstanceOf(Answer.class);
            assertThat(reply(second)).isInstanceOf(Answer.class);
        }
    }
}
