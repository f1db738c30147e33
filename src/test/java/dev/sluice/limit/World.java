package dev.sluice.limit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Caller;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Route;
import dev.sluice.Stage.Next;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.OnRedisFailure;
import dev.sluice.config.Settings.Provider;
import dev.sluice.json.Json;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import dev.sluice.tokens.Tokenizers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A limit stage on a real Redis, and what it needs around it. */
final class World {
    static final Price PRICE = new Price(new BigDecimal("8"), new BigDecimal("2"), new BigDecimal("24"));
    /** Counted by bytes. */
    static final Model MODEL = model("dear", Optional.of(PRICE));
    /** Counted by tokens. */
    static final Model GPT = model("gpt-4.1", Optional.of(PRICE));
    static final Model PRICELESS = model("priceless", Optional.empty());
    static final Model CHEAP = model("cheap", Optional.of(new Price(BigDecimal.ONE, BigDecimal.ONE, BigDecimal.TEN)));
    static final Quota RATES = new Quota(60, 100_000, 60, Money.ZERO, Money.ZERO);

    private static final AtomicInteger NAMES = new AtomicInteger();

    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final SharedStore store;
    final Outbox outbox;
    final LimitStage stage;
    private final Vertx vertx;
    final String tenant = "t" + NAMES.incrementAndGet();

    World(TestRedis redis, Function<String, Settings> settingsOfTenant) {
        this(redis, settingsOfTenant, redis.store(Duration.ofSeconds(10)));
    }

    World(TestRedis redis, Function<String, Settings> settingsOfTenant, SharedStore store) {
        this.store = store;
        this.vertx = redis.vertx();
        Settings settings = settingsOfTenant.apply(tenant);
        this.outbox = new Outbox(store);
        this.stage = new LimitStage(settings, redis.vertx(), store, outbox,
                exchange -> exchange.wishes().priority().orElse(Priority.LOW), new Tokenizers(redis.vertx()), meters,
                LimitStore.Scripts.OURS);
    }

    static World on(TestRedis redis) {
        return new World(redis, tenant -> settings(Map.of()));
    }

    static Settings settings(Map<String, Settings.Tenant> tenants) {
        return settings(tenants, OnRedisFailure.OPEN, OnRedisFailure.CLOSED, Duration.ZERO, Map.of());
    }

    static Settings settings(Map<String, Settings.Tenant> tenants, OnRedisFailure rates, OnRedisFailure budgets,
            Duration maxWait, Map<String, Provider> providers) {
        return new Settings(null, null, providers, Map.of(),
                new Settings.Routing(Set.of(), Priority.LOW, Settings.Scorer.RULES, Optional.empty(), List.of()), null,
                new Settings.Limits(Quota.UNLIMITED, Priority.CRITICAL, 2048, rates, budgets, maxWait, 2500, 8000),
                null, tenants,
                Map.of());
    }

    static Settings.Tenant tenant(String name, String zone, Money day, Money month) {
        return new Settings.Tenant(name, ZoneId.of(zone), day, month);
    }

    static Model model(String name, Optional<Price> price) {
        return new Model(name, "p", name, price, 0, 0, List.of());
    }

    static Quota budget(Money day, Money month) {
        return new Quota(0, 0, 0, day, month);
    }

    Caller caller(String key, Quota quota) {
        return caller(key, quota, false);
    }

    Caller caller(String key, Quota quota, boolean clamp) {
        return new Caller(key, tenant, quota, clamp, Priority.CRITICAL, Set.of("*"));
    }

    static Request request(String content, long outputBound) {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}";
        return new Request(Endpoint.CHAT_COMPLETIONS, Json.parse(body.getBytes(StandardCharsets.UTF_8)), "m", content,
                outputBound, 1);
    }

    static Exchange exchange(Caller caller, Model model, Request request) {
        return Exchange.of("r", request, caller, Wishes.NONE)
                .with(new Route(model, Optional.empty(), List.of(), Optional.empty(), List.of()));
    }

    Exchange exchange(Caller caller) {
        return exchange(caller, MODEL, request("hello", 100));
    }

    Reply serve(Exchange exchange, Next next) {
        return stage.apply(exchange, next).await().atMost(Duration.ofSeconds(10));
    }

    /** One after the other on an event loop; completes there. */
    Uni<Reply> inTurn(int requests, Exchange exchange, Next next) {
        return Multi.createBy().repeating().uni(() -> stage.apply(exchange, next)).atMost(requests).collect().last()
                .runSubscriptionOn(work -> vertx.getOrCreateContext().runOnContext(loop -> work.run()));
    }

    /** A provider that is called once and answers with this usage. */
    static Next answering(Usage usage) {
        return calling(exchange -> answer(exchange.route().model(), 1, usage));
    }

    static Answer answer(Model model, int attempts, Usage usage) {
        return new Answer(200, "application/json", new byte[0], Receipt.servedBy(model, attempts, usage, 0));
    }

    /** Calls the routed model's provider as the upstream does: after asking the reservation. */
    static Next calling(Function<Exchange, Reply> reply) {
        return exchange -> exchange.reservation().beforeAttempt(exchange.route().model(), false)
                .map(refused -> refused.isPresent() ? refused.get() : reply.apply(exchange));
    }

    /** The same, where the answer is found by waiting for something: not on an event loop. */
    static Next blocking(Function<Exchange, Reply> reply) {
        return exchange -> calling(called -> null).apply(exchange).emitOn(Infrastructure.getDefaultWorkerPool())
                .onItem().ifNull().switchTo(() -> Uni.createFrom().item(reply.apply(exchange)));
    }

    static Refusal refused(Reply reply) {
        return (Refusal) reply;
    }

    double count(String scope, String decision) {
        return meters.get("sluice.limit.decisions").tag("scope", scope).tag("decision", decision).counter().count();
    }

    /** How many scripts Redis has run, of all who use it. */
    long scriptsRun() {
        String stats = store.call(Command.INFO, "commandstats").await().indefinitely().toString();
        return stats.lines().filter(line -> line.startsWith("cmdstat_eval"))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf("calls=") + 6, line.indexOf(','))))
                .sum();
    }

    /** What is stored of a scope; an empty object where nothing is. */
    JsonNode scope(String name) {
        return state(store.keys().tenant(tenant, "limit:" + name));
    }

    /** Leases of a provider that have not ended. */
    long leases(String provider) {
        outbox.drain().await().indefinitely();
        return store.call(Command.ZCARD, store.keys().provider(provider, "limit:leases")).await().indefinitely()
                .toLong();
    }

    JsonNode state(String key) {
        Response packed = store.call(Command.EVAL, "local p = redis.call('GET', KEYS[1]) "
                + "return p and cjson.encode(cmsgpack.unpack(p)) or '{}'", 1, key)
                .await().indefinitely();
        try {
            return new ObjectMapper().readTree(packed.toString());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until nothing of this key is reserved any more; what was posted has been written then. */
    void awaitSettled(Caller caller) {
        await("nothing is reserved", () -> outbox.drain().await().indefinitely() == null
                && store.call(Command.ZCARD, store.keys().tenant(tenant, "limit:leases")).await().indefinitely()
                        .toLong() == 0
                && scope("key:" + caller.key()).path("held").asLong() == 0);
    }

    /** The usage of this tenant, all days together; metrics by key, model and name. */
    Map<String, Long> usage() {
        Map<String, Long> usage = new TreeMap<>();
        for (Response key : store
                .call(Command.KEYS, store.keys().tenant(tenant, "usage:*").replace("{", "\\{").replace("}", "\\}"))
                .await().indefinitely()) {
            Response fields = store.call(Command.HGETALL, key.toString()).await().indefinitely();
            fields.getKeys().forEach(field -> usage.merge(field, fields.get(field).toLong(), Long::sum));
        }
        return new HashMap<>(usage);
    }

    long usage(String key, Model model, String metric) {
        return usage().getOrDefault(key + "|" + (model == null ? "-" : model.name()) + "|" + metric, 0L);
    }

    /** Waits until it is so, or fails. */
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Within 10 s it did not happen that " + what + ".");
            }
            Thread.onSpinWait();
        }
    }

    static Uni<Reply> pending() {
        return Uni.createFrom().emitter(emitter -> {});
    }
}
