package dev.sluice.redis;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import org.jboss.logging.Logger;

/** A Redis that is allowed to forget may forget limits, keys and accounts: the start warns of it. */
final class EvictionPolicy {
    private static final Logger LOG = Logger.getLogger(SharedStore.class);
    private static final String FIELD = "maxmemory_policy:";
    private static final String KEEP = "noeviction";
    private static final long PAUSE = 1_000;

    private final SharedStore store;
    private final boolean holdsCache;

    /** @param holdsCache whether the cache is in the same Redis */
    EvictionPolicy(SharedStore store, boolean holdsCache) {
        this.store = store;
        this.holdsCache = holdsCache;
    }

    /** Asks as soon as Redis is there. Where Redis does not tell, for lack of rights, nothing is said. */
    void warn() {
        store.call(Command.INFO, "memory").subscribe().with(this::judge, error -> {
            if (error instanceof StoreUnavailable) {
                store.vertx().setTimer(PAUSE, id -> warn());
            }
        });
    }

    private void judge(Response memory) {
        String policy = policy(memory.toString());
        if (!policy.isEmpty() && !policy.equals(KEEP)) {
            LOG.warnf("Redis' maxmemory-policy is %s: it may forget limits, keys and accounts; it should be %s%s.",
                    policy, KEEP,
                    holdsCache ? ", with the cache on a Redis of its own (sluice.redis.cache-hosts)" : "");
        }
    }

    static String policy(String memory) {
        int start = memory.indexOf(FIELD);
        if (start < 0) {
            return "";
        }
        int end = memory.indexOf('\r', start);
        return memory.substring(start + FIELD.length(), end < 0 ? memory.length() : end);
    }
}
