package dev.sluice.tenant;

import dev.sluice.Caller;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.Key;
import dev.sluice.tenant.KeyStore.Stored;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The bootstrap keys, and what this replica has heard of the others: what is here costs no trip to Redis and goes on
 * working without it. A record takes the place of one with a lower version only, so Redis' answers may come in any order.
 */
@Singleton
final class KeyMemory {
    private final LongSupplier nanoTime;
    private final Map<String, ApiKey> bootstrap;
    private final Map<SecretHash, Entry> bootstrapSecrets = new HashMap<>();
    private final Map<SecretHash, Entry> secrets = new ConcurrentHashMap<>();
    private final Map<String, Stored> records = new ConcurrentHashMap<>();
    private final UnknownSecrets unknown;
    private final AtomicLong changes = new AtomicLong();

    /**
     * @param answer made once, because it is given for every request
     * @param ends whether the secret ends at all
     * @param endsAt by the clock that was injected, ns
     */
    private record Entry(String name, Uni<Optional<Caller>> answer, boolean ends, long endsAt) {}

    @Inject
    KeyMemory(Settings settings) {
        this(settings, System::nanoTime);
    }

    /** @param nanoTime a clock as {@link System#nanoTime()} */
    KeyMemory(Settings settings, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.unknown = new UnknownSecrets(nanoTime);
        Map<String, ApiKey> keys = new TreeMap<>();
        for (Key key : settings.keys().values()) {
            ApiKey readOnly = new ApiKey(key.name(), key.tenant(), key.quota(), key.clamp(), key.maxPriority(),
                    key.models(), true, Optional.empty(), List.of());
            keys.put(key.name(), readOnly);
            bootstrapSecrets.put(SecretHash.of(key.secret().value()),
                    new Entry(key.name(), answer(readOnly), false, 0));
        }
        this.bootstrap = Collections.unmodifiableMap(keys);
    }

    private static Uni<Optional<Caller>> answer(ApiKey key) {
        return Uni.createFrom().item(key.enabled() ? Optional.of(key.caller()) : Optional.empty());
    }

    /** By name; a key of the same name in Redis counts for nothing. */
    Map<String, ApiKey> bootstrap() {
        return bootstrap;
    }

    /** The caller, or no caller for a disabled key; empty when Redis has to be asked. */
    Optional<Uni<Optional<Caller>>> find(SecretHash hash) {
        Entry entry = bootstrapSecrets.get(hash);
        if (entry == null) {
            entry = secrets.get(hash);
        }
        boolean usable = entry != null && (!entry.ends || nanoTime.getAsLong() - entry.endsAt < 0);
        return usable ? Optional.of(entry.answer) : Optional.empty();
    }

    /** Whether Redis said a moment ago that it does not know this secret. */
    boolean knownToBeUnknown(SecretHash hash) {
        return unknown.contains(hash);
    }

    void rememberUnknown(SecretHash hash) {
        unknown.add(hash);
    }

    /** A number that is another one whenever a change of any key was heard of. */
    long changes() {
        return changes.get();
    }

    void changed() {
        changes.incrementAndGet();
        unknown.clear();
    }

    /** The names of the keys that came from Redis. */
    List<String> names() {
        return new ArrayList<>(records.keySet());
    }

    /** The version of the record that is remembered; 0: none is. */
    long version(String name) {
        Stored record = records.get(name);
        return record == null ? 0 : record.version();
    }

    synchronized void put(Stored stored) {
        ApiKey key = stored.key();
        Stored before = records.get(key.name());
        if (bootstrap.containsKey(key.name()) || before != null && before.version() > stored.version()) {
            return;
        }
        records.put(key.name(), stored);
        Uni<Optional<Caller>> answer = answer(key);
        long now = nanoTime.getAsLong();
        List<SecretHash> usable = new ArrayList<>();
        for (KeySecret secret : key.secrets()) {
            if (!secret.endedBy(stored.readAt())) {
                boolean ends = secret.endsAt() != KeySecret.NEVER;
                long endsAt = ends ? now + TimeUnit.MILLISECONDS.toNanos(secret.endsAt() - stored.readAt()) : 0;
                secrets.put(secret.hash(), new Entry(key.name(), answer, ends, endsAt));
                usable.add(secret.hash());
            }
        }
        if (before != null) {
            forget(before, usable);
        }
    }

    synchronized void remove(String name) {
        Stored before = records.remove(name);
        if (before != null) {
            forget(before, List.of());
        }
    }

    private void forget(Stored record, List<SecretHash> except) {
        for (KeySecret secret : record.key().secrets()) {
            if (!except.contains(secret.hash())) {
                secrets.remove(secret.hash());
            }
        }
    }
}
