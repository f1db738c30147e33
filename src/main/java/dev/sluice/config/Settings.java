package dev.sluice.config;

import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Tier;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** The whole configuration below {@code sluice}, valid: every name it mentions exists, every number is within bounds. */
public record Settings(Auth auth, Redis redis, Map<String, Provider> providers, Map<String, Model> models,
        Routing routing, Cache cache, Limits limits, Batch batch, Map<String, Tenant> tenants, Map<String, Key> keys) {

    /** Without an admin token there are no admin endpoints; the viewer token may only read them. */
    public record Auth(boolean enabled, Optional<Secret> adminToken, Optional<Secret> viewerToken) {}

    /**
     * @param keyPrefix every key of ours begins with it
     * @param timeout of one call
     * @param embedded start a Redis server of our own (JVM only)
     * @param cacheHosts addresses of another Redis for the cache; empty: the same one
     * @param upstreamIdsTtl how long it is remembered to whom an id of what a provider keeps was issued
     */
    public record Redis(String keyPrefix, Duration timeout, boolean embedded, Optional<String> cacheHosts,
            Duration upstreamIdsTtl) {

        /** Addresses may hold a password. */
        @Override
        public String toString() {
            return "Redis[" + keyPrefix + ", " + timeout + ", embedded=" + embedded + "]";
        }
    }

    /** What a provider over HTTP speaks. */
    public enum Api {
        OPENAI, ANTHROPIC
    }

    /** Who serves models. */
    public sealed interface Provider {
        String name();

        /** What is reached over HTTP. Zero requestsPerMinute or tokensPerMinute: no limit of ours. */
        record Remote(String name, Api api, URI baseUrl, Optional<Secret> apiKey, Map<String, String> headers,
                Map<String, String> query, String authHeader, Duration timeout, Duration firstByteTimeout,
                Duration idleTimeout, int maxConcurrent, long requestsPerMinute, long tokensPerMinute, Retry retry,
                Breaker breaker) implements Provider {

            /** One that speaks OpenAI's API. */
            public Remote(String name, URI baseUrl, Optional<Secret> apiKey, Map<String, String> headers,
                    Map<String, String> query, String authHeader, Duration timeout, Duration firstByteTimeout,
                    Duration idleTimeout, int maxConcurrent, long requestsPerMinute, long tokensPerMinute, Retry retry,
                    Breaker breaker) {
                this(name, Api.OPENAI, baseUrl, apiKey, headers, query, authHeader, timeout, firstByteTimeout,
                        idleTimeout, maxConcurrent, requestsPerMinute, tokensPerMinute, retry, breaker);
            }

            /** Headers and query may hold keys. */
            @Override
            public String toString() {
                return "Remote[" + name + ", " + baseUrl + "]";
            }
        }

        /** Answers without a network, for trying things out. */
        record Simulated(String name, Duration latency, double faultRate) implements Provider {}
    }

    /** Exponential back-off with full jitter: before try n+1 a random pause up to baseDelay × 2^(n-1), at most maxDelay. */
    public record Retry(int maxAttempts, Duration baseDelay, Duration maxDelay) {}

    /** Opens when of the last requestVolume calls at least failureRatio failed; tries again after delay. */
    public record Breaker(double failureRatio, int requestVolume, Duration delay) {}

    public enum Scorer {
        LEARNED, RULES, ARTICLE
    }

    /**
     * @param baselineModel what a routed request is compared with in the savings; empty: the first tier's model
     * @param tiers in order, the first match wins; empty: no model name asks the gateway to choose
     * @param conversationTtl how long after a turn the conversation's model is remembered; zero: each turn is on its own
     */
    public record Routing(Set<String> autoNames, Priority defaultPriority, Scorer scorer,
            Optional<String> baselineModel, List<Tier> tiers, Duration conversationTtl) {

        /** Each turn on its own. */
        public Routing(Set<String> autoNames, Priority defaultPriority, Scorer scorer, Optional<String> baselineModel,
                List<Tier> tiers) {
            this(autoNames, defaultPriority, scorer, baselineModel, tiers, Duration.ZERO);
        }
    }

    public enum Scope {
        TENANT, KEY, GLOBAL
    }

    /**
     * @param maxEntries per scope; the least recently hit goes first
     * @param maxWait how long a request waits for an identical one that is being answered; zero: not at all
     * @param maxTemperature requests with a higher one are neither looked up nor kept; empty: none is too high
     * @param hmacSecret what entries are sealed with; empty: they are not
     * @param previousHmacSecret what they were sealed with before
     */
    public record Cache(boolean enabled, Duration ttl, int maxEntries, int maxEntryBytes, Scope scope, Duration maxWait,
            OptionalDouble maxTemperature, Optional<Secret> hmacSecret, Optional<Secret> previousHmacSecret,
            Semantic semantic) {}

    public enum Verify {
        STRICT, BALANCED, OFF
    }

    public enum EmbedderKind {
        ONNX, HTTP, NONE
    }

    public enum IndexKind {
        AUTO, VECTORSET, SCAN
    }

    /**
     * @param threshold least cosine of a hit without a verifier
     * @param maxEntries hold per partition; the least recently hit goes first
     * @param maxTextLength characters; longer questions are not compared
     * @param timeout how long a look-up may hold up a request
     * @param http set where the embedder is HTTP
     */
    public record Semantic(boolean enabled, double threshold, Verify verify, int maxEntries, EmbedderKind embedder,
            IndexKind index, int maxTextLength, Duration timeout, Optional<EmbeddingServer> http) {}

    /** What speaks OpenAI's {@code /embeddings}; dimensions: how long its vectors are. */
    public record EmbeddingServer(URI baseUrl, String model, int dimensions, Optional<Secret> apiKey, String authHeader,
            Duration timeout) {}

    public enum OnRedisFailure {
        OPEN, CLOSED
    }

    /**
     * The default holds for keys that do not say otherwise, and for everybody where authentication is off.
     *
     * @param imageTokens the most that an image in a prompt is taken for before the call
     * @param audioTokens the same for a piece of audio
     */
    public record Limits(Quota defaultQuota, Priority defaultMaxPriority, long defaultMaxTokens,
            OnRedisFailure onRedisFailure, OnRedisFailure budgetOnRedisFailure, Duration maxWait, long imageTokens,
            long audioTokens) {}

    /** The most lines of one batch that are under way at once. */
    public record Batch(int maxConcurrent) {}

    /** Budgets of zero are unlimited. */
    public record Tenant(String name, ZoneId timeZone, Money budgetPerDay, Money budgetPerMonth) {}

    /** A bootstrap key. */
    public record Key(String name, Secret secret, String tenant, Quota quota, boolean clamp, Priority maxPriority,
            Set<String> models) {}
}
