package dev.sluice.tenant;

import dev.sluice.Caller;
import dev.sluice.config.Settings;
import dev.sluice.redis.StoreUnavailable;
import dev.sluice.tenant.KeyStore.Stored;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who is asking: keys by their secrets. A key that this replica has met before costs no trip to Redis; a secret that it
 * has not is asked for once, however many ask at the same time, and remembered as unknown for some seconds.
 * <p>
 * Where authentication is off, whoever presents no known key is {@code anonymous} of the tenant {@code default}.
 */
@Singleton
public final class Callers {
    private final KeyStore store;
    private final KeyMemory memory;
    private final KeyRefresh refresh;
    private final boolean open;
    private final Uni<Optional<Caller>> stranger;
    private final Map<SecretHash, Uni<Optional<Caller>>> asking = new ConcurrentHashMap<>();

    Callers(Settings settings, KeyStore store, KeyMemory memory, KeyRefresh refresh) {
        this.store = store;
        this.memory = memory;
        this.refresh = refresh;
        this.open = !settings.auth().enabled();
        this.stranger = Uni.createFrom().item(open ? Optional.of(anonymous(settings)) : Optional.empty());
    }

    private static Caller anonymous(Settings settings) {
        return new Caller("anonymous", "default", settings.limits().defaultQuota(), false,
                settings.limits().defaultMaxPriority(), Set.of("*"));
    }

    /**
     * Fails with {@link StoreUnavailable} when Redis has to be asked and does not answer.
     *
     * @param secret what was presented; empty: nothing was
     * @return the caller, or empty for a secret that is missing, unknown or disabled
     */
    public Uni<Optional<Caller>> identify(Optional<String> secret) {
        if (secret.isEmpty()) {
            return stranger;
        }
        SecretHash hash = SecretHash.of(secret.get());
        Optional<Uni<Optional<Caller>>> known = memory.find(hash);
        if (known.isPresent()) {
            return known.get();
        }
        if (!Secrets.plausible(secret.get()) || memory.knownToBeUnknown(hash)) {
            return stranger;
        }
        Uni<Optional<Caller>> asked = onCallersContext(asking.computeIfAbsent(hash, this::ask));
        return open ? asked.onFailure(StoreUnavailable.class).recoverWithUni(stranger) : asked;
    }

    private Uni<Optional<Caller>> ask(SecretHash hash) {
        return Uni.createFrom().deferred(() -> {
            long before = memory.changes();
            return store.bySecret(hash).flatMap(found -> remember(hash, found, before));
        }).onTermination().invoke(() -> asking.remove(hash)).memoize().indefinitely();
    }

    private Uni<Optional<Caller>> remember(SecretHash hash, Optional<Stored> found, long before) {
        found.ifPresent(memory::put);
        // A change that was told while Redis' answer was on its way passed by what is remembered only now.
        boolean maybeOutdated = memory.changes() != before;
        if (maybeOutdated && found.isPresent()) {
            return refresh.read(List.of(found.get().key().name()))
                    .flatMap(done -> memory.find(hash).orElse(stranger));
        }
        Optional<Uni<Optional<Caller>>> known = memory.find(hash);
        if (known.isEmpty() && !maybeOutdated) {
            memory.rememberUnknown(hash);
        }
        return known.orElse(stranger);
    }

    /** The answer comes where the first who asked is; everybody else goes on where they were. */
    private static <T> Uni<T> onCallersContext(Uni<T> asked) {
        Context caller = Vertx.currentContext();
        if (caller == null) {
            return asked;
        }
        return asked.emitOn(task -> {
            if (Vertx.currentContext() == caller) {
                task.run();
            } else {
                caller.runOnContext(ignored -> task.run());
            }
        });
    }
}
