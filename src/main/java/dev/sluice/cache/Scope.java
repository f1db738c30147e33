package dev.sluice.cache;

import dev.sluice.Caller;
import dev.sluice.config.Settings;
import dev.sluice.redis.KeyNames;
import java.util.List;

/**
 * Who may be answered with whose answers: the callers of one tenant, one key, or everybody.
 *
 * @param tenant empty where everybody shares
 * @param key empty where the whole tenant shares
 */
record Scope(Settings.Scope kind, String tenant, String key) {

    static Scope of(Settings.Scope kind, Caller caller) {
        return switch (kind) {
            case GLOBAL -> new Scope(kind, "", "");
            case TENANT -> new Scope(kind, caller.tenant(), "");
            case KEY -> new Scope(kind, caller.tenant(), caller.key());
        };
    }

    /** From its {@link #toString()}. */
    static Scope parse(String text) {
        String[] parts = text.split("\\|", -1);
        return new Scope(Settings.Scope.valueOf(parts[0]), parts[1], parts[2]);
    }

    /** Names hold no bar. */
    @Override
    public String toString() {
        return kind.name() + "|" + tenant + "|" + key;
    }

    /** Where the index of this scope's entries is kept: by last hit, by expiry, and what is known of each. */
    List<String> indexKeys(KeyNames keys) {
        return List.of(indexKey(keys, "hits"), indexKey(keys, "expiry"), indexKey(keys, "entries"));
    }

    private String indexKey(KeyNames keys, String part) {
        return switch (kind) {
            case GLOBAL -> CacheKeys.global(keys, part);
            case TENANT -> keys.tenant(tenant, "cache:" + part);
            case KEY -> keys.tenant(tenant, "cache:key:" + key + ":" + part);
        };
    }
}
