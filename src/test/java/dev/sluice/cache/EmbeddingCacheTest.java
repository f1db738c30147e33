package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.CacheStatus;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Stage.Next;
import dev.sluice.Usage;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.Embeddings;
import dev.sluice.json.Tree;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.Uni;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EmbeddingCacheTest extends TwoReplicas {
    /** A dollar a token, so that money counts tokens. */
    private static final Model MODEL = new Model("m", "p", "upstream-m",
            Optional.of(new Price(new BigDecimal("1000000"), new BigDecimal("1000000"), BigDecimal.ZERO)), 0, 0,
            List.of());
    private static final AtomicInteger TESTS = new AtomicInteger();

    /** One for each test: what a test before this one still writes is not its own. */
    private final String tenant = "tenant-" + TESTS.incrementAndGet();
    private final Embedder provider = new Embedder();

    @Test
    void ofAHundredInputsOfWhichNinetyAreKnownTenAreAskedForAndPaid() {
        // given
        keep(one, batch(0, 90));

        // when the known ones and the new ones are asked for together, in another order
        List<String> mixed = IntStream.range(0, 100).mapToObj(i -> "text " + (i * 37 % 100)).toList();
        Reply reply = other.ask(exchange(input(mixed)), provider);

        // then
        assertThat(provider.asked).hasSize(2);
        assertThat(provider.asked.get(1)).hasSize(10)
                .allSatisfy(text -> assertThat(Integer.parseInt(text.substring(5))).isGreaterThanOrEqualTo(90));
        assertThat(reply.receipt().cache()).contains(new CacheStatus.Partial(90, 100, true));
        assertThat(reply.receipt().usage()).isEqualTo(new Usage(10 * "text 90".length(), 0, 0));
        assertThat(reply.receipt().cost()).isEqualTo(MODEL.cost(reply.receipt().usage()));
        JsonNode answer = json(reply);
        for (int i = 0; i < 100; i++) {
            assertThat(answer.path("data").path(i).path("index").asInt()).isEqualTo(i);
            assertThat(answer.path("data").path(i).path("embedding").path(1).asText()).isEqualTo(mixed.get(i));
        }
        long tokens = mixed.stream().mapToInt(String::length).sum();
        assertThat(answer.path("usage").path("prompt_tokens").asLong()).isEqualTo(tokens);
        assertThat(answer.path("usage").path("total_tokens").asLong()).isEqualTo(tokens);
        assertThat(reply.receipt().savedByCache())
                .isEqualTo(MODEL.cost(new Usage(tokens - reply.receipt().usage().inputTokens(), 0, 0)));
        assertThat(answer.path("model").asText()).isEqualTo("m");
    }

    @Test
    void whatIsKnownWholeIsAHit() {
        Reply first = keep(one, "{\"model\":\"m\",\"input\":\"a\"}");

        Reply second = other.ask(exchange("{\"input\": [\"a\"], \"model\":\"m\",\"user\":\"u\"}"), provider);

        assertThat(provider.asked).hasSize(1);
        assertThat(second.receipt().cache().orElseThrow())
                .isInstanceOfSatisfying(CacheStatus.ExactHit.class, hit -> {
                    assertThat(hit.ttlSeconds()).isBetween(7000L, 7200L);
                    assertThat(hit.ageSeconds()).isBetween(0L, 60L);
                });
        assertThat(second.receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(second.receipt().savedByCache()).isEqualTo(first.receipt().cost());
        assertThat(json(second)).isEqualTo(json(first));
    }

    @Test
    void anAnswerToNothingKnownReachesTheClientAsTheProviderSentIt() {
        Reply reply = one.ask(exchange("{\"model\":\"m\",\"input\":[\"a\",\"b\"]}"), provider);

        assertThat(((Answer) reply).body()).isSameAs(provider.last);
        assertThat(reply.receipt().cache()).contains(new CacheStatus.Miss(true));
    }

    @Test
    void whateverElseTheRequestSaysKeepsInputsApart() {
        // given
        String plain = "{\"model\":\"m\",\"input\":\"a\"}";
        keep(one, plain);

        // when, then
        for (String different : List.of("{\"model\":\"m\",\"input\":\"A\"}",
                "{\"model\":\"m\",\"input\":[[1]]}",
                "{\"model\":\"m\",\"input\":\"a\",\"dimensions\":2}",
                "{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"base64\"}",
                "{\"model\":\"m\",\"input\":\"a\",\"unknown\":true}")) {
            assertThat(other.ask(exchange(different), provider).receipt().cache()).as(different)
                    .contains(new CacheStatus.Miss(true));
        }
        assertThat(other.ask(Asked.exchange(plain, MODEL, "stranger", "key", CacheWish.DEFAULT).with(request(plain)),
                provider).receipt().cache()).contains(new CacheStatus.Miss(true));
    }

    @Test
    void tokensAreAnInputTooWhetherAloneOrInAList() {
        keep(one, "{\"model\":\"m\",\"input\":[1,2]}");

        Reply reply = other.ask(exchange("{\"model\":\"m\",\"input\":[[3],[1, 2]]}"), provider);

        assertThat(provider.asked.get(1)).containsExactly("[3]");
        assertThat(json(reply).path("data").path(1).path("embedding").path(1).asText()).isEqualTo("[1,2]");
    }

    @Test
    void theSameTextTwiceIsAskedForOnce() {
        Reply reply = one.ask(exchange("{\"model\":\"m\",\"input\":[\"a\",\"b\",\"a\"]}"), provider);

        assertThat(provider.asked).containsExactly(List.of("a", "b"));
        assertThat(json(reply).path("data")).hasSize(3);
        assertThat(json(reply).path("data").path(2).path("embedding").path(1).asText()).isEqualTo("a");
        assertThat(reply.receipt().cache()).contains(new CacheStatus.Miss(true));
    }

    @Test
    void theWishesOfTheClientHold() {
        keep(one, "{\"model\":\"m\",\"input\":\"a\"}");

        Reply only = one.ask(exchange(input(List.of("a", "b")), wish(false, false, true)), provider);
        Reply anew = one.ask(exchange(input(List.of("a")), wish(true, false, false)), provider);
        Reply unkept = one.ask(exchange(input(List.of("c")), wish(false, true, false)), provider);

        assertThat(((Refusal) only).status()).isEqualTo(504);
        assertThat(anew.receipt().attempts()).isEqualTo(1);
        assertThat(unkept.receipt().cache()).contains(new CacheStatus.Miss(false));
        assertThat(provider.asked).containsExactly(List.of("a"), List.of("a"), List.of("c"));
    }

    @Test
    void anAnswerThatIsNotOneVectorForEachInputIsNotJoined() {
        keep(one, "{\"model\":\"m\",\"input\":\"a\"}");
        provider.forgetful = true;

        Reply joined = one.ask(exchange(input(List.of("a", "b", "c"))), provider);
        Reply whole = one.ask(exchange(input(List.of("b", "c"))), provider);

        assertThat(((Refusal) joined).status()).isEqualTo(502);
        assertThat(joined.receipt().cost()).isGreaterThan(Money.ZERO);
        assertThat(((Answer) whole).body()).isSameAs(provider.last);
        assertThat(whole.receipt().cache()).contains(new CacheStatus.Miss(false));
    }

    @Test
    void aRefusalIsPassedOn() {
        Refusal refusal = Refusal.of(429, "rate_limit_error", "rate_limit_exceeded", "Slow down.");

        Reply reply = one.ask(exchange(input(List.of("a"))), exchange -> Uni.createFrom().item(refusal));

        assertThat(((Refusal) reply).status()).isEqualTo(429);
    }

    @Test
    void aPurgeByTheRequestTakesAllItsInputs() {
        // given
        Exchange asked = exchange(input(List.of("a", "b", "c")));
        one.ask(asked, provider);
        awaitKept(asked);

        // when
        long removed = one.await(one.administration.purge(asked.id(), Optional.empty(), Optional.empty()));

        // then
        assertThat(removed).isEqualTo(3);
        assertThat(other.ask(exchange(input(List.of("a"))), provider).receipt().attempts()).isEqualTo(1);
    }

    @Test
    void withoutRedisEveryInputIsAskedFor() {
        try (TestRedis gone = TestRedis.start()) {
            Replica cut = new Replica(gone, gone.store(Duration.ofMillis(200)), Replica.settings());
            gone.stop();

            Reply reply = cut.ask(exchange(input(List.of("a", "b"))), provider);

            assertThat(reply.receipt().cache()).contains(new CacheStatus.Miss(false));
            assertThat(json(reply).path("data")).hasSize(2);
        }
    }

    private Reply keep(Replica replica, String body) {
        Exchange exchange = exchange(body);
        Reply reply = replica.ask(exchange, provider);
        awaitKept(exchange);
        return reply;
    }

    private void awaitKept(Exchange exchange) {
        for (Identity identity : Identity.ofEach(exchange.request(), MODEL,
                Scope.of(dev.sluice.config.Settings.Scope.TENANT, exchange.caller()), "input",
                Embeddings.inputs(exchange.request().body()))) {
            Eventually.until(() -> one.await(one.entries.get(identity)) != null);
        }
    }

    private static String batch(int from, int to) {
        return input(IntStream.range(from, to).mapToObj(i -> "text " + i).toList());
    }

    private static String input(List<String> texts) {
        return texts.stream().collect(Collectors.joining("\",\"", "{\"model\":\"m\",\"input\":[\"", "\"]}"));
    }

    private static CacheWish wish(boolean noCache, boolean noStore, boolean onlyIfCached) {
        return new CacheWish(Lookup.SEMANTIC, noCache, noStore, OptionalLong.empty(), onlyIfCached);
    }

    private Exchange exchange(String body) {
        return exchange(body, CacheWish.DEFAULT);
    }

    private Exchange exchange(String body, CacheWish wish) {
        return Asked.exchange(body, MODEL, tenant, "key", wish).with(request(body));
    }

    private static dev.sluice.Request request(String body) {
        return Dialect.of(Endpoint.EMBEDDINGS).read(body.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode json(Reply reply) {
        return Tree.object(((Answer) reply).body());
    }

    /** Whose vectors name what they are of; a character is a token. */
    private static final class Embedder implements Next {
        final List<List<String>> asked = new ArrayList<>();
        byte[] last;
        boolean forgetful;

        @Override
        public Uni<Reply> apply(Exchange exchange) {
            JsonNode input = Tree.object(exchange.request().body().bytes()).path("input");
            List<String> texts = new ArrayList<>();
            boolean single = input.isTextual() || input.path(0).isNumber();
            for (JsonNode each : single ? List.of(input) : input) {
                texts.add(each.isTextual() ? each.textValue() : each.toString());
            }
            asked.add(texts);
            StringBuilder data = new StringBuilder();
            long tokens = 0;
            // as some providers do: not in the order of the inputs
            for (int i = texts.size() - 1; i >= (forgetful ? 1 : 0); i--) {
                tokens += texts.get(i).length();
                data.append(data.isEmpty() ? "" : ", ").append("{\"object\":\"embedding\", \"index\": ").append(i)
                        .append(" ,\"embedding\":[0.5, \"").append(texts.get(i)).append("\"]}");
            }
            last = ("{\"object\":\"list\",\"data\":[" + data + "],\"model\":\"m\",\"usage\":{\"prompt_tokens\":"
                    + tokens + ",\"total_tokens\":" + tokens + "}}").getBytes(StandardCharsets.UTF_8);
            return Uni.createFrom().item(new Answer(200, "application/json", last,
                    Receipt.servedBy(exchange.route().model(), 1, new Usage(tokens, 0, 0), 1)));
        }
    }
}
