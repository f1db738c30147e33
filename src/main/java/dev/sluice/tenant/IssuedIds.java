package dev.sluice.tenant;

import dev.sluice.config.Settings;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which ids of what providers keep were issued to a tenant, and by which provider; remembered as long as configured. */
@Singleton
final class IssuedIds {
    /** Longer ones nobody issues. */
    static final int MAX_LENGTH = 256;
    private static final Script REMEMBER = Script.named("upstream_ids");

    private final SharedStore store;
    private final Outbox outbox;
    private final String ttlMillis;

    @Inject
    IssuedIds(SharedStore store, Outbox outbox, Settings settings) {
        this(store, outbox, settings.redis().upstreamIdsTtl());
    }

    IssuedIds(SharedStore store, Outbox outbox, Duration ttl) {
        this.store = store;
        this.outbox = outbox;
        this.ttlMillis = Long.toString(ttl.toMillis());
    }

    /**
     * The providers that issued these ids to the tenant; those that nobody did are not in it.
     *
     * @return fails where Redis cannot be asked
     */
    Uni<Map<String, String>> providers(String tenant, List<String> ids) {
        List<String> possible = ids.stream().filter(IssuedIds::isPossible).toList();
        if (possible.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return store.call(Command.MGET, keys(tenant, possible).toArray()).map(found -> {
            Map<String, String> providers = new HashMap<>();
            for (int i = 0; i < possible.size(); i++) {
                if (found.get(i) != null) {
                    providers.put(possible.get(i), found.get(i).toString());
                }
            }
            return providers;
        });
    }

    /** Completes when Redis knows; where it is away it will know on its return. Never fails. */
    Uni<Void> remember(String tenant, String provider, Collection<String> ids) {
        List<String> keys = keys(tenant, ids);
        return keys.isEmpty()
                ? Uni.createFrom().voidItem()
                : store.run(REMEMBER, keys, List.of(provider, ttlMillis)).replaceWithVoid()
                        .onFailure().recoverWithUni(() -> {
                            outbox.post(REMEMBER, keys, List.of(provider, ttlMillis));
                            return Uni.createFrom().voidItem();
                        });
    }

    /** Nobody waits for it. */
    void rememberSoon(String tenant, String provider, Collection<String> ids) {
        List<String> keys = keys(tenant, ids);
        if (!keys.isEmpty()) {
            outbox.post(REMEMBER, keys, List.of(provider, ttlMillis));
        }
    }

    private List<String> keys(String tenant, Collection<String> ids) {
        List<String> keys = new ArrayList<>(ids.size());
        for (String id : ids) {
            if (isPossible(id)) {
                keys.add(store.keys().tenant(tenant, "upstream:" + id));
            }
        }
        return keys;
    }

    private static boolean isPossible(String id) {
        return !id.isEmpty() && id.length() <= MAX_LENGTH && id.chars().allMatch(c -> c > ' ' && c <= '~');
    }
}
