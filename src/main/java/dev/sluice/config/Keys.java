package dev.sluice.config;

import java.util.ArrayList;
import java.util.List;

/** Every key that exists: a line for each table, an exclamation mark behind what is never shown, brackets behind a list. */
final class Keys {
    static final String ROOT = "sluice";

    static final List<KeyPattern> ALL = parse("""
            auth: enabled admin-token! viewer-token!
            redis: key-prefix timeout embedded cache-hosts! upstream-ids-ttl
            providers.*: type base-url api-key! auth-header timeout first-byte-timeout idle-timeout
            providers.*: max-concurrent requests-per-minute tokens-per-minute latency fault-rate
            providers.*.headers: *!
            providers.*.query: *!
            providers.*.retry: max-attempts base-delay max-delay
            providers.*.breaker: failure-ratio request-volume delay
            models.*: provider upstream-name input cached-input cache-write cache-write-1h output latency-ms
            models.*: context-window fallbacks[]
            routing: auto-names[] default-priority scorer baseline-model conversation-ttl
            routing.tiers[]: model priority above
            cache: enabled ttl max-entries max-entry-bytes scope hmac-secret! hmac-secret-previous!
            cache.semantic: enabled threshold verify max-entries embedder index max-text-length timeout
            cache.semantic.http: base-url model dimensions api-key! auth-header timeout
            limits: default-max-tokens image-tokens audio-tokens on-redis-failure budget-on-redis-failure max-wait
            limits.default: requests-per-minute tokens-per-minute burst max-priority
            batch: max-concurrent
            tenants.*: time-zone budget-usd-per-day budget-usd-per-month
            keys.*: secret! tenant requests-per-minute tokens-per-minute burst budget-usd-per-day
            keys.*: budget-usd-per-month clamp max-priority models[]
            """);

    private Keys() {
    }

    private static List<KeyPattern> parse(String tables) {
        List<KeyPattern> keys = new ArrayList<>();
        for (String line : tables.lines().toList()) {
            String[] words = line.split(":? ");
            for (int i = 1; i < words.length; i++) {
                boolean secret = words[i].endsWith("!");
                boolean list = words[i].endsWith("[]");
                String member = secret || list ? words[i].replaceAll("!|\\[]", "") : words[i];
                keys.add(KeyPattern.of(ROOT + "." + words[0] + "." + member, secret, list));
            }
        }
        return List.copyOf(keys);
    }
}
