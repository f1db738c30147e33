package dev.sluice.http;

import dev.sluice.CacheStatus;
import dev.sluice.RateLimits;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.dialect.Dialect;
import io.netty.buffer.Unpooled;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.core.Response;

/** A reply as an HTTP response, with the headers that tell how it came to be. */
final class Replies {
    private static final long SECOND = 1000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;
    private static final CharSequence MODEL = HttpHeaders.createOptimized("x-sluice-model");
    private static final CharSequence TIER = HttpHeaders.createOptimized("x-sluice-tier");
    private static final CharSequence COMPLEXITY = HttpHeaders.createOptimized("x-sluice-complexity");
    private static final CharSequence ATTEMPTS = HttpHeaders.createOptimized("x-sluice-attempts");
    private static final CharSequence COST = HttpHeaders.createOptimized("x-sluice-cost-usd");
    private static final CharSequence SAVED = HttpHeaders.createOptimized("x-sluice-saved-usd");
    private static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("Cache-Status");
    private static final CharSequence AGE = HttpHeaders.createOptimized("Age");
    private static final CharSequence VERDICT = HttpHeaders.createOptimized("x-sluice-cache-verdict");
    private static final BucketHeaders REQUESTS = BucketHeaders.of("requests");
    private static final BucketHeaders TOKENS = BucketHeaders.of("tokens");

    private Replies() {
    }

    /**
     * Sends what is whole straight to the connection: whatever JAX-RS is handed, it copies three times.
     *
     * @return what is still to be sent, a stream of events; null: nothing
     */
    static Response send(Reply reply, Dialect dialect, HttpServerResponse response) {
        addHeaders(reply, response.headers());
        if (reply instanceof Stream stream) {
            return Response.status(stream.status()).header("Content-Type", stream.contentType())
                    .entity(new EventStream(stream.source())).build();
        }
        if (reply instanceof Answer answer) {
            ErrorEnvelope.addRetryAfter(answer.retryAfterSeconds(), response);
            response.setStatusCode(answer.status()).putHeader(ErrorEnvelope.CONTENT_TYPE, answer.contentType())
                    .end(Buffer.buffer(Unpooled.wrappedBuffer(answer.body())));
        } else {
            ErrorEnvelope.send((Refusal) reply, dialect, response);
        }
        return null;
    }

    static void addHeaders(Reply reply, MultiMap headers) {
        addReceipt(headers, reply.receipt());
        addMoney(headers, reply);
    }

    private static void addReceipt(MultiMap headers, Receipt receipt) {
        receipt.model().ifPresent(model -> headers.add(MODEL, model.name()));
        receipt.tier().ifPresent(tier -> headers.add(TIER, tier));
        receipt.complexity().ifPresent(score -> headers.add(COMPLEXITY, thousandths(score)));
        headers.add(ATTEMPTS, Integer.toString(receipt.attempts()));
        receipt.cache().ifPresent(status -> addCacheStatus(headers, status));
        receipt.rateLimits().ifPresent(limits -> addRateLimits(headers, limits));
    }

    /** What a stream costs is known at its end, unless somebody else has paid or pays for it; so is what that saves. */
    private static void addMoney(MultiMap headers, Reply reply) {
        Receipt receipt = reply.receipt();
        boolean told = reply instanceof Stream;
        if (!told || receipt.isFree()) {
            headers.add(COST, receipt.cost().toString());
        }
        if (!told || receipt.isFree() && receipt.usage().totalTokens() > 0) {
            headers.add(SAVED, receipt.savedByCache().plus(receipt.savedByRouting()).toString());
        }
    }

    /** RFC 9211. */
    private static void addCacheStatus(MultiMap headers, CacheStatus status) {
        if (status instanceof CacheStatus.ExactHit hit) {
            headers.add(CACHE_STATUS, "sluice; hit; ttl=" + hit.ttlSeconds() + "; detail=exact");
            headers.add(AGE, Long.toString(hit.ageSeconds()));
        } else if (status instanceof CacheStatus.SemanticHit hit) {
            headers.add(CACHE_STATUS, "sluice; hit; ttl=" + hit.ttlSeconds() + "; detail=\"semantic "
                    + thousandths(hit.nearest().similarity()) + "\"");
            headers.add(AGE, Long.toString(hit.ageSeconds()));
            addVerdict(headers, hit.nearest());
        } else if (status instanceof CacheStatus.Miss miss) {
            headers.add(CACHE_STATUS, miss.stored() ? "sluice; fwd=miss; stored" : "sluice; fwd=miss");
            miss.nearest().ifPresent(nearest -> addVerdict(headers, nearest));
        } else if (status instanceof CacheStatus.Replayed) {
            headers.add(CACHE_STATUS, "sluice; hit; detail=idempotency");
        } else if (status instanceof CacheStatus.Partial partial) {
            headers.add(CACHE_STATUS, "sluice; fwd=partial" + (partial.stored() ? "; stored" : "")
                    + "; detail=\"" + partial.hits() + " of " + partial.total() + "\"");
        } else if (status instanceof CacheStatus.Collapsed) {
            headers.add(CACHE_STATUS, "sluice; fwd=miss; collapsed");
        } else {
            headers.add(CACHE_STATUS, "sluice; fwd=bypass");
        }
    }

    private static void addVerdict(MultiMap headers, CacheStatus.Nearest nearest) {
        headers.add(VERDICT, (nearest.same() ? "same; reason=" : "different; reason=")
                + nearest.verdict() + "; similarity=" + thousandths(nearest.similarity()));
    }

    private static void addRateLimits(MultiMap headers, RateLimits limits) {
        limits.requests().ifPresent(bucket -> REQUESTS.add(bucket, headers));
        limits.tokens().ifPresent(bucket -> TOKENS.add(bucket, headers));
    }

    /** Names of the headers that describe a bucket. */
    private record BucketHeaders(CharSequence limit, CharSequence remaining, CharSequence reset) {
        static BucketHeaders of(String unit) {
            return new BucketHeaders(HttpHeaders.createOptimized("x-ratelimit-limit-" + unit),
                    HttpHeaders.createOptimized("x-ratelimit-remaining-" + unit),
                    HttpHeaders.createOptimized("x-ratelimit-reset-" + unit));
        }

        void add(RateLimits.Bucket bucket, MultiMap headers) {
            headers.add(limit, Long.toString(bucket.limit()));
            headers.add(remaining, Long.toString(bucket.remaining()));
            headers.add(reset, duration(bucket.resetMillis()));
        }
    }

    /** As OpenAI writes it: 20ms, 1s, 6m0s, 2h0m5s; whole seconds rounded up, because too early is no use. */
    static String duration(long millis) {
        if (millis < SECOND) {
            return millis == 0 ? "0s" : millis + "ms";
        }
        long rounded = (millis + SECOND - 1) / SECOND * SECOND;
        long seconds = rounded % MINUTE / SECOND;
        if (rounded < MINUTE) {
            return seconds + "s";
        }
        long minutes = rounded % HOUR / MINUTE;
        return (rounded < HOUR ? "" : rounded / HOUR + "h") + minutes + "m" + seconds + "s";
    }

    /** Without a Formatter, which takes longer than the rest of a reply. */
    static String thousandths(double value) {
        long rounded = Math.round(Math.abs(value) * 1000);
        return (value < 0 && rounded > 0 ? "-" : "") + rounded / 1000 + '.'
                + Long.toString(1000 + rounded % 1000).substring(1);
    }
}
