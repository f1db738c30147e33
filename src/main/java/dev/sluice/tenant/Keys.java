package dev.sluice.tenant;

import dev.sluice.redis.StoreUnavailable;
import dev.sluice.tenant.ApiKey.Settable;
import dev.sluice.tenant.KeyStore.Stored;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * All keys, as they are managed. Fails as {@link dev.sluice.redis.SharedStore} does; a change that failed so may have
 * happened nevertheless. What has changed holds on this replica at once, and on the others as soon as they hear of it.
 */
@Singleton
public final class Keys {
    /** How often a change is tried again because another was made at the same time. */
    private static final int ATTEMPTS = 8;

    private final KeyStore store;
    private final KeyMemory memory;
    private final SecureRandom random = new SecureRandom();

    Keys(KeyStore store, KeyMemory memory) {
        this.store = store;
        this.memory = memory;
    }

    /** A key with the secret that was made for it, which exists nowhere else. */
    public record Issued(ApiKey key, String secret) {

        /** When the secrets before it end; empty where there are none that still work. */
        public Optional<Instant> othersEndAt() {
            return key.secrets().stream().filter(other -> other.endsAt() != KeySecret.NEVER)
                    .map(other -> Instant.ofEpochMilli(other.endsAt())).max(Instant::compareTo);
        }

        /** Not the secret. */
        @Override
        public String toString() {
            return "Issued[" + key.name() + "]";
        }
    }

    /** Whether configuration made a key of this name, which configuration alone may then change. */
    public boolean bootstrap(String name) {
        return memory.bootstrap().containsKey(name);
    }

    /** The first keys in the order of their names, after the one that is given; all when that is empty. */
    public Uni<List<ApiKey>> page(String after, int limit) {
        return store.page(after, limit).map(found -> {
            TreeMap<String, ApiKey> keys = new TreeMap<>();
            found.keys().forEach(stored -> keys.put(stored.key().name(), stored.key()));
            memory.bootstrap().forEach((name, key) -> {
                if (name.compareTo(after) > 0) {
                    keys.put(name, key);
                }
            });
            return new ArrayList<>(keys.values()).subList(0, Math.min(limit, keys.size()));
        });
    }

    public Uni<Optional<ApiKey>> find(String name) {
        return bootstrap(name)
                ? Uni.createFrom().item(Optional.of(memory.bootstrap().get(name)))
                : store.byName(name).map(found -> found.map(Stored::key));
    }

    /** Empty when the name is taken. */
    public Uni<Optional<Issued>> create(String name, Settable settable) {
        String secret = Secrets.generate(random);
        List<KeySecret> secrets = List.of(new KeySecret(SecretHash.of(secret), KeySecret.NEVER));
        return store.byNames(List.of(name)).flatMap(found -> {
            ApiKey key = new ApiKey(name, settable.tenant(), settable.quota(), settable.clamp(),
                    settable.maxPriority(), settable.models(), settable.enabled(),
                    Optional.of(Instant.ofEpochMilli(found.readAt())), secrets);
            return bootstrap(name)
                    ? Uni.createFrom().item(Optional.empty())
                    : store.create(key, found.readAt()).map(this::remember)
                            .map(created -> created.map(done -> new Issued(done, secret)));
        });
    }

    /** Empty when there is no such key. What the change throws is what this fails with. */
    public Uni<Optional<ApiKey>> change(String name, UnaryOperator<Settable> change) {
        return change(name, stored -> stored.key().with(change.apply(stored.key().settable())), ATTEMPTS);
    }

    /**
     * Gives the key a new secret. Empty when there is no such key; fails with {@link TooManySecrets}.
     *
     * @param overlap for which the secrets of before go on working, where they do not end earlier anyway
     */
    public Uni<Optional<Issued>> rotate(String name, Duration overlap) {
        String secret = Secrets.generate(random);
        SecretHash hash = SecretHash.of(secret);
        return change(name, stored -> {
            ApiKey rotated = stored.key().rotated(hash, stored.readAt(), overlap.toMillis());
            if (rotated.secrets().size() > ApiKey.MAX_SECRETS) {
                throw new TooManySecrets(name);
            }
            return rotated;
        }, ATTEMPTS).map(done -> done.map(key -> new Issued(key, secret)));
    }

    private Uni<Optional<ApiKey>> change(String name, Function<Stored, ApiKey> change, int attempts) {
        return store.byName(name).flatMap(found -> {
            if (found.isEmpty() || bootstrap(name)) {
                return Uni.createFrom().item(Optional.empty());
            }
            return store.replace(found.get(), change.apply(found.get())).map(this::remember).flatMap(
                    done -> done.isPresent() ? Uni.createFrom().item(done) : again(name, change, attempts));
        });
    }

    private Uni<Optional<ApiKey>> again(String name, Function<Stored, ApiKey> change, int attempts) {
        return attempts > 1 ? change(name, change, attempts - 1) : Uni.createFrom().failure(busy(name));
    }

    /** False when there is no such key. */
    public Uni<Boolean> delete(String name) {
        return delete(name, ATTEMPTS);
    }

    private Uni<Boolean> delete(String name, int attempts) {
        return store.byName(name).flatMap(found -> {
            if (found.isEmpty() || bootstrap(name)) {
                return Uni.createFrom().item(false);
            }
            return store.delete(found.get()).flatMap(done -> {
                if (done) {
                    memory.changed();
                    memory.remove(name);
                    return Uni.createFrom().item(true);
                }
                return attempts > 1 ? delete(name, attempts - 1) : Uni.createFrom().failure(busy(name));
            });
        });
    }

    private static StoreUnavailable busy(String name) {
        return new StoreUnavailable("The key `" + name + "` is being changed by others all the time.");
    }

    private Optional<ApiKey> remember(Optional<Stored> written) {
        written.ifPresent(stored -> {
            memory.changed();
            memory.put(stored);
        });
        return written.map(Stored::key);
    }
}
