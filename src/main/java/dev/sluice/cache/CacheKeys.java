package dev.sluice.cache;

import dev.sluice.redis.KeyNames;
import java.util.List;

/** The cache's names in Redis. */
final class CacheKeys {

    private CacheKeys() {
    }

    static String entry(KeyNames keys, String identity) {
        return keys.entry(identity, "entry");
    }

    /** What concerns the whole cache shares a hash tag of its own: one script may need several of these. */
    static String global(KeyNames keys, String part) {
        return keys.entry("global", part);
    }

    /** Which entry stored or served a request of the tenant: the latest, and those before. */
    static List<String> requests(KeyNames keys, String tenant) {
        return List.of(keys.tenant(tenant, "cache:requests"), keys.tenant(tenant, "cache:requests:old"));
    }
}
