package dev.sluice.cache;

import static dev.sluice.cache.Asked.isHit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Finish;
import dev.sluice.Model;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply.Answer;
import dev.sluice.Request;
import dev.sluice.Route;
import dev.sluice.Stage.Next;
import dev.sluice.Wishes;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.IndexKind;
import dev.sluice.config.Settings.Verify;
import dev.sluice.dialect.Dialect;
import dev.sluice.embedding.MemoisedEmbedder;
import dev.sluice.embedding.OnnxEmbedder;
import dev.sluice.json.Json;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two requests that differ in anything but the words of the question never get each other's answers, neither in the same
 * words nor in others; with the model, the verifier and a real Redis. That the words alone would do is checked each time,
 * so that no miss is for another reason.
 */
class SemanticIsolationTest {
    private static final String ASKED = "What are the advantages of Python generators?";
    private static final String OTHERWISE = "Which advantages do Python generators have?";
    private static final Model OTHER_MODEL = new Model("m2", "p", "upstream-m2", Optional.of(Asked.PRICE), 0, 0,
            List.of());
    private static final MemoisedEmbedder EMBEDDER = new MemoisedEmbedder(new OnnxEmbedder());
    private static final CacheWish LOOK_ONLY = new CacheWish(Lookup.SEMANTIC, false, true, OptionalLong.empty(), true);

    /** A whole answer whatever the endpoint. */
    private static final Next ANY = exchange -> Uni.createFrom().item(new Answer(200, "application/json", """
            {"type":"message","stop_reason":"end_turn","status":"completed",
            "choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}"""
            .getBytes(StandardCharsets.UTF_8), Receipt.servedBy(exchange.route().model(), 1, Asked.USAGE, 1))
            .with(Finish.COMPLETE));

    private static TestRedis redis;
    private static SharedStore store;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(10)));
        EMBEDDER.embed("tenant", "warm").await().atMost(Duration.ofMinutes(2));
    }

    @AfterAll
    static void stop() {
        redis.close();
        EMBEDDER.close();
    }

    /**
     * One request, by its parts.
     *
     * @param members of the body beside the model and the turns, each as JSON
     * @param before earlier turns as JSON, and a comma
     */
    private record Parts(Endpoint endpoint, String tenant, String key, Model model, Map<String, String> members,
            String before, Map<String, String> headers) {

        Parts tenant(String other) {
            return new Parts(endpoint, other, key, model, members, before, headers);
        }

        Parts key(String other) {
            return new Parts(endpoint, tenant, other, model, members, before, headers);
        }

        Parts model(Model other) {
            return new Parts(endpoint, tenant, key, other, members, before, headers);
        }

        Parts before(String turns) {
            return new Parts(endpoint, tenant, key, model, members, turns, headers);
        }

        Parts headers(Map<String, String> other) {
            return new Parts(endpoint, tenant, key, model, members, before, other);
        }

        Parts with(String name, String json) {
            Map<String, String> more = new LinkedHashMap<>(members);
            more.put(name, json);
            return new Parts(endpoint, tenant, key, model, more, before, headers);
        }

        Exchange asking(String question, CacheWish wish) {
            StringBuilder body = new StringBuilder("{\"model\":\"m\"");
            members.forEach((name, json) -> body.append(",\"").append(name).append("\":").append(json));
            String turn = endpoint == Endpoint.RESPONSES
                    ? "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"" + question + "\"}]}"
                    : "{\"role\":\"user\",\"content\":\"" + question + "\"}";
            body.append(endpoint == Endpoint.RESPONSES ? ",\"store\":false,\"input\":[" : ",\"messages\":[")
                    .append(before).append(turn).append("]}");
            Request request = new Request(endpoint, Json.parse(body.toString().getBytes(StandardCharsets.UTF_8)), "m",
                    question, 0, 1, false, headers);
            Caller caller = new Caller(key, tenant, Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
            return Exchange.of("req_" + Math.abs(new Random().nextLong()), request, caller, new Wishes(Optional.empty(),
                    wish, OptionalDouble.empty(), Optional.empty(), OptionalLong.empty()))
                    .with(new Route(model, Optional.empty(), List.of(), Optional.empty(), List.of()));
        }
    }

    private static Parts plain(Endpoint endpoint) {
        Parts parts = new Parts(endpoint, "tenant", "key", Asked.MODEL, Map.of(), "", Map.of());
        return endpoint == Endpoint.MESSAGES ? parts.with("max_tokens", "100") : parts;
    }

    /** Each differs from all others in one thing or more. */
    private static Map<String, Parts> variants(Endpoint endpoint) {
        Parts plain = plain(endpoint);
        Map<String, Parts> variants = new LinkedHashMap<>();
        variants.put("nothing", plain);
        variants.put("tenant", plain.tenant("other"));
        variants.put("model", plain.model(OTHER_MODEL));
        variants.put("temperature", plain.with("temperature", "0.2"));
        variants.put("another temperature", plain.with("temperature", "0.3"));
        variants.put("top_p", plain.with("top_p", "0.5"));
        variants.put("unknown member", plain.with("house_style", "{\"tone\":1}"));
        variants.put("another unknown member", plain.with("house_style", "{\"tone\":2}"));
        variants.put("earlier turns", plain.before("{\"role\":\"user\",\"content\":\"Hi.\"},"
                + "{\"role\":\"assistant\",\"content\":\"Hello.\"},"));
        variants.put("another earlier turn", plain.before("{\"role\":\"user\",\"content\":\"Hi!\"},"
                + "{\"role\":\"assistant\",\"content\":\"Hello.\"},"));
        variants.put("header", plain.headers(Map.of("anthropic-beta", "x")));
        switch (endpoint) {
            case MESSAGES -> {
                variants.put("system", plain.with("system", "\"Be brief.\""));
                variants.put("another system", plain.with("system", "\"Be brief!\""));
                variants.put("bound", plain.with("max_tokens", "101"));
                variants.put("stop", plain.with("stop_sequences", "[\"x\"]"));
                variants.put("thinking", plain.with("thinking", "{\"type\":\"enabled\",\"budget_tokens\":10}"));
            }
            case RESPONSES -> {
                variants.put("system", plain.with("instructions", "\"Be brief.\""));
                variants.put("another system", plain.with("instructions", "\"Be brief!\""));
                variants.put("bound", plain.with("max_output_tokens", "101"));
                variants.put("format", plain.with("text", "{\"format\":{\"type\":\"json_object\"}}"));
                variants.put("reasoning", plain.with("reasoning", "{\"effort\":\"high\"}"));
            }
            default -> {
                variants.put("system", plain.before("{\"role\":\"system\",\"content\":\"Be brief.\"},"));
                variants.put("another system", plain.before("{\"role\":\"system\",\"content\":\"Be brief!\"},"));
                variants.put("bound", plain.with("max_tokens", "101"));
                variants.put("response_format", plain.with("response_format", "{\"type\":\"json_object\"}"));
                variants.put("seed", plain.with("seed", "1"));
                variants.put("another seed", plain.with("seed", "1.0000001"));
                variants.put("reasoning", plain.with("reasoning_effort", "\"high\""));
                variants.put("logit_bias", plain.with("logit_bias", "{\"1\":2}"));
            }
        }
        return variants;
    }

    private static Replica replica(Settings.Scope scope) {
        Replica replica = new Replica(redis, store,
                Replica.settings(scope, Replica.semantic(Verify.BALANCED, IndexKind.SCAN)), false, EMBEDDER);
        replica.await(store.call(Command.FLUSHALL));
        return replica;
    }

    private static boolean answered(Replica replica, Parts parts, String question) {
        return isHit(replica.ask(parts.asking(question, LOOK_ONLY), ANY));
    }

    /** Asks, and waits until the answer is found by other words. */
    private static void store(Replica replica, Parts parts) {
        replica.askAndKeep(parts.asking(ASKED, CacheWish.DEFAULT), ANY);
        Eventually.until(() -> answered(replica, parts, OTHERWISE));
    }

    @ParameterizedTest
    @EnumSource(value = Endpoint.class, names = { "CHAT_COMPLETIONS", "MESSAGES", "RESPONSES"})
    void whatDiffersInOneThingIsNeverAnsweredWithTheOther(Endpoint endpoint) {
        Map<String, Parts> variants = variants(endpoint);
        variants.forEach((kept, stored) -> {
            Replica replica = replica(Settings.Scope.TENANT);
            store(replica, stored);
            assertThat(answered(replica, stored, ASKED)).as(kept).isTrue();
            variants.forEach((name, other) -> {
                if (other != stored) {
                    assertThat(answered(replica, other, ASKED)).as("%s, the same words: %s", kept, name).isFalse();
                    assertThat(answered(replica, other, OTHERWISE)).as("%s, other words: %s", kept, name).isFalse();
                }
            });
        });
    }

    @Test
    void whereKeysDoNotShareAnotherKeyIsNeverAnswered() {
        Replica replica = replica(Settings.Scope.KEY);
        Parts plain = plain(Endpoint.CHAT_COMPLETIONS);
        store(replica, plain);

        assertThat(answered(replica, plain.key("another"), ASKED)).isFalse();
        assertThat(answered(replica, plain.key("another"), OTHERWISE)).isFalse();
    }

    @Test
    void oneDialectsAnswerIsNeverGivenInAnother() {
        for (Endpoint stored : List.of(Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES)) {
            Replica replica = replica(Settings.Scope.TENANT);
            store(replica, plain(stored));
            for (Endpoint asked : List.of(Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES)) {
                if (asked != stored) {
                    assertThat(answered(replica, plain(asked), OTHERWISE)).as("%s %s", stored, asked).isFalse();
                }
            }
        }
    }

    @Test
    void aRequestWithToolsIsOnlyItself() {
        Replica replica = replica(Settings.Scope.TENANT);
        Parts plain = plain(Endpoint.CHAT_COMPLETIONS);
        Parts tools = plain.with("tools", "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]");
        store(replica, plain);
        replica.askAndKeep(tools.asking(ASKED, CacheWish.DEFAULT), ANY);

        assertThat(answered(replica, tools, ASKED)).isTrue();
        assertThat(answered(replica, tools, OTHERWISE)).isFalse();
        assertThat(answered(replica, plain.with("tools", "[]"), OTHERWISE)).isFalse();
    }

    @Test
    void whatAnotherEmbedderHasSeenIsNotFound() {
        Replica replica = replica(Settings.Scope.TENANT);
        store(replica, plain(Endpoint.CHAT_COMPLETIONS));
        Replica upgraded = new Replica(redis, store, Replica.settings(Settings.Scope.TENANT,
                Replica.semantic(Verify.BALANCED, IndexKind.SCAN)), false, new Renamed(EMBEDDER));

        assertThat(answered(upgraded, plain(Endpoint.CHAT_COMPLETIONS), OTHERWISE)).isFalse();
        assertThat(answered(upgraded, plain(Endpoint.CHAT_COMPLETIONS), ASKED)).as("needs no vector").isTrue();
    }

    @Test
    void aDialogueThatGoesOnIsAnotherOne() {
        assertThat(Dialect.of(Endpoint.CHAT_COMPLETIONS).question(plain(Endpoint.CHAT_COMPLETIONS)
                .asking(ASKED, LOOK_ONLY).request())).isPresent();
        List<Parts> dialogues = new ArrayList<>();
        for (String answer : List.of("Yes.", "No.", "yes.")) {
            dialogues.add(plain(Endpoint.CHAT_COMPLETIONS).before("{\"role\":\"user\",\"content\":\"May I ask?\"},"
                    + "{\"role\":\"assistant\",\"content\":\"" + answer + "\"},"));
        }
        Replica replica = replica(Settings.Scope.TENANT);
        store(replica, dialogues.get(0));

        assertThat(answered(replica, dialogues.get(1), OTHERWISE)).isFalse();
        assertThat(answered(replica, dialogues.get(2), OTHERWISE)).isFalse();
    }
}
