package dev.sluice.cache;

import dev.sluice.Caller;
import dev.sluice.CacheStatus;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Finish;
import dev.sluice.Model;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Request;
import dev.sluice.Route;
import dev.sluice.Usage;
import dev.sluice.Wishes;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.WholeAnswer;
import dev.sluice.json.Json;
import io.smallrye.mutiny.Uni;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A request on its way to the cache, and a provider that answers it. */
final class Asked {
    static final Price PRICE = new Price(new BigDecimal("1"), new BigDecimal("1"), new BigDecimal("2"));
    static final Model MODEL = new Model("m", "p", "upstream-m", Optional.of(PRICE), 0, 0, List.of());
    static final Usage USAGE = new Usage(100, 0, 50);
    private static final AtomicLong IDS = new AtomicLong();

    private Asked() {
    }

    static Exchange exchange(String body) {
        return exchange(body, MODEL, "tenant", "key", CacheWish.DEFAULT);
    }

    static Exchange exchange(String body, CacheWish wish) {
        return exchange(body, MODEL, "tenant", "key", wish);
    }

    static Exchange exchange(String body, Model model, String tenant, String key, CacheWish wish) {
        Caller caller = new Caller(key, tenant, Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        Wishes wishes = new Wishes(Optional.empty(), wish, OptionalDouble.empty(), Optional.empty(),
                OptionalLong.empty());
        Route route = new Route(model, Optional.empty(), List.of(), Optional.empty(), List.of());
        return Exchange.of("req_" + IDS.incrementAndGet(), request(body), caller, wishes).with(route);
    }

    static Request request(String body) {
        Json json = Json.parse(body.getBytes(StandardCharsets.UTF_8));
        return new Request(Endpoint.CHAT_COMPLETIONS, json, "m", "hi", 0, 1,
                json.is(json.member(json.root(), "stream"), Json.Kind.TRUE));
    }

    static String question(String text) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
    }

    /** @param bytes 0: it was a hit */
    static Note note(Scope scope, String identity, String requestId, String tenant, long ttlMicros, int bytes) {
        return new Note(scope, identity, requestId, tenant, "key", "", "m", System.nanoTime(), ttlMicros, bytes);
    }

    static byte[] body(String finishReason, String content) {
        return ("{\"id\":\"1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + content
                + "\"},\"finish_reason\":\"" + finishReason + "\"}]}").getBytes(StandardCharsets.UTF_8);
    }

    /** As a provider gives it that speaks OpenAI's chat completions. */
    static Answer answer(int status, byte[] body, Receipt receipt) {
        Finish finish = Dialect.of(Endpoint.CHAT_COMPLETIONS).answer(body).map(WholeAnswer::finish)
                .orElse(Finish.OTHER);
        return new Answer(status, "application/json", body, receipt).with(finish);
    }

    /** Answers each time another text, so that a repeated answer shows. */
    static final class Provider implements dev.sluice.Stage.Next {
        final AtomicInteger calls = new AtomicInteger();
        private final String finishReason;
        private Model served;
        private boolean cutShort;

        Provider(String finishReason) {
            this.finishReason = finishReason;
        }

        Provider() {
            this("stop");
        }

        /** Another model than the one that was asked answers. */
        Provider insteadBy(Model fallback) {
            served = fallback;
            return this;
        }

        /** Under an output bound of the gateway's own. */
        Provider bounded() {
            cutShort = true;
            return this;
        }

        @Override
        public Uni<Reply> apply(Exchange exchange) {
            return Uni.createFrom().item(() -> {
                Model model = served == null ? exchange.route().model() : served;
                Receipt receipt = Receipt.servedBy(model, 1, USAGE, 1);
                return answer(200, body(finishReason, "answer " + calls.incrementAndGet()),
                        cutShort ? receipt.asCutShort() : receipt);
            });
        }
    }

    static String text(Reply reply) {
        return new String(((Answer) reply).body(), StandardCharsets.UTF_8);
    }

    static boolean isHit(Reply reply) {
        CacheStatus status = reply.receipt().cache().orElseThrow();
        return status instanceof CacheStatus.ExactHit || status instanceof CacheStatus.SemanticHit;
    }
}
