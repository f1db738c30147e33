package dev.sluice.http;

import dev.sluice.CacheStatus;
import dev.sluice.RateLimits;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.dialect.Dialect;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;

/** A reply as an HTTP response, with the headers that tell how it came to be. */
final class Replies {
    private static final long SECOND = 1000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;

    private Replies() {
    }

    static Response response(Reply reply, Dialect dialect) {
        ResponseBuilder response;
        if (reply instanceof Answer answer) {
            response = Response.status(answer.status()).header(HttpHeaders.CONTENT_TYPE, answer.contentType())
                    .entity(answer.body());
            answer.retryAfterSeconds().ifPresent(seconds -> response.header("Retry-After", seconds));
        } else if (reply instanceof Stream stream) {
            response = Response.status(stream.status()).header(HttpHeaders.CONTENT_TYPE, stream.contentType())
                    .entity(new EventStream(stream.source()));
        } else {
            response = ErrorEnvelope.response((Refusal) reply, dialect);
        }
        addReceipt(response, reply.receipt());
        addMoney(response, reply);
        return response.build();
    }

    private static void addReceipt(ResponseBuilder response, Receipt receipt) {
        receipt.model().ifPresent(model -> response.header("x-sluice-model", model.name()));
        receipt.tier().ifPresent(tier -> response.header("x-sluice-tier", tier));
        receipt.complexity().ifPresent(score -> response.header("x-sluice-complexity", thousandths(score)));
        response.header("x-sluice-attempts", receipt.attempts());
        receipt.cache().ifPresent(status -> addCacheStatus(response, status));
        receipt.rateLimits().ifPresent(limits -> addRateLimits(response, limits));
    }

    /** What a stream costs is known at its end, unless somebody else has paid or pays for it; so is what that saves. */
    private static void addMoney(ResponseBuilder response, Reply reply) {
        Receipt receipt = reply.receipt();
        boolean told = reply instanceof Stream;
        if (!told || receipt.isFree()) {
            response.header("x-sluice-cost-usd", receipt.cost().toString());
        }
        if (!told || receipt.isFree() && receipt.usage().totalTokens() > 0) {
            response.header("x-sluice-saved-usd", receipt.savedByCache().plus(receipt.savedByRouting()).toString());
        }
    }

    /** RFC 9211. */
    private static void addCacheStatus(ResponseBuilder response, CacheStatus status) {
        if (status instanceof CacheStatus.ExactHit hit) {
            response.header("Cache-Status", "sluice; hit; ttl=" + hit.ttlSeconds() + "; detail=exact");
            response.header("Age", hit.ageSeconds());
        } else if (status instanceof CacheStatus.SemanticHit hit) {
            response.header("Cache-Status", "sluice; hit; ttl=" + hit.ttlSeconds() + "; detail=\"semantic "
                    + thousandths(hit.nearest().similarity()) + "\"");
            response.header("Age", hit.ageSeconds());
            addVerdict(response, hit.nearest());
        } else if (status instanceof CacheStatus.Miss miss) {
            response.header("Cache-Status", miss.stored() ? "sluice; fwd=miss; stored" : "sluice; fwd=miss");
            miss.nearest().ifPresent(nearest -> addVerdict(response, nearest));
        } else if (status instanceof CacheStatus.Replayed) {
            response.header("Cache-Status", "sluice; hit; detail=idempotency");
        } else if (status instanceof CacheStatus.Partial partial) {
            response.header("Cache-Status", "sluice; fwd=partial" + (partial.stored() ? "; stored" : "")
                    + "; detail=\"" + partial.hits() + " of " + partial.total() + "\"");
        } else if (status instanceof CacheStatus.Collapsed) {
            response.header("Cache-Status", "sluice; fwd=miss; collapsed");
        } else {
            response.header("Cache-Status", "sluice; fwd=bypass");
        }
    }

    private static void addVerdict(ResponseBuilder response, CacheStatus.Nearest nearest) {
        response.header("x-sluice-cache-verdict", (nearest.same() ? "same; reason=" : "different; reason=")
                + nearest.verdict() + "; similarity=" + thousandths(nearest.similarity()));
    }

    private static void addRateLimits(ResponseBuilder response, RateLimits limits) {
        limits.requests().ifPresent(bucket -> addBucket(response, "requests", bucket));
        limits.tokens().ifPresent(bucket -> addBucket(response, "tokens", bucket));
    }

    private static void addBucket(ResponseBuilder response, String unit, RateLimits.Bucket bucket) {
        response.header("x-ratelimit-limit-" + unit, bucket.limit());
        response.header("x-ratelimit-remaining-" + unit, bucket.remaining());
        response.header("x-ratelimit-reset-" + unit, duration(bucket.resetMillis()));
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
