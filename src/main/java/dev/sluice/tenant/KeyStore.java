package dev.sluice.tenant;

import dev.sluice.redis.KeyNames;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jboss.logging.Logger;

/** API keys in Redis, all in one slot. Fails as {@link SharedStore} does. */
@Singleton
final class KeyStore {
    private static final Logger LOG = Logger.getLogger(KeyStore.class);
    private static final Script BY_SECRET = Script.named("key-by-secret");
    private static final Script BY_NAME = Script.named("keys-by-name");
    private static final Script PAGE = Script.named("keys-page");
    private static final Script WRITE = Script.named("key-write");

    private final SharedStore store;
    private final String records;
    private final String secrets;
    private final String names;
    private final String version;
    private final String channel;

    KeyStore(SharedStore store) {
        this.store = store;
        KeyNames keys = store.keys();
        records = keys.keyring("records");
        secrets = keys.keyring("secrets");
        names = keys.keyring("names");
        version = keys.keyring("version");
        channel = keys.keyring("changes");
    }

    /** Where changes are told: version before, version after and name, with spaces between. */
    String channel() {
        return channel;
    }

    /**
     * A record as it was read.
     *
     * @param version of the record, never used twice
     * @param readAt ms by Redis' clock
     */
    record Stored(ApiKey key, long version, long readAt) {}

    /** The key that has, or had, this secret. */
    Uni<Optional<Stored>> bySecret(SecretHash hash) {
        return store.run(BY_SECRET, List.of(secrets, records), List.of(hash.toString()))
                .map(answer -> answer.size() < 3 ? Optional.empty() : stored(answer.get(2), answer.get(0).toLong()));
    }

    Uni<Optional<Stored>> byName(String name) {
        return byNames(List.of(name)).map(found -> found.keys().stream().findFirst());
    }

    /** @param readAt ms by Redis' clock */
    record Found(long readAt, List<Stored> keys) {}

    /** What there is of these names, of which there is at least one. */
    Uni<Found> byNames(List<String> wanted) {
        return store.run(BY_NAME, List.of(records), wanted).map(answer -> found(answer.get(0), answer.get(1)));
    }

    /** What is no longer as somebody knew it. */
    record Changes(List<Stored> changed, List<String> gone) {}

    /**
     * Reads keys again that were read before, and makes out only what differs: most of them will not.
     *
     * @param names at least one
     * @param versions that are known of them
     */
    Uni<Changes> changes(List<String> names, ToLongFunction<String> versions) {
        return store.run(BY_NAME, List.of(records), names).map(answer -> {
            Changes changes = new Changes(new ArrayList<>(), new ArrayList<>());
            for (int i = 0; i < names.size(); i++) {
                String name = names.get(i);
                Response record = answer.get(1).get(i);
                if (record == null) {
                    changes.gone.add(name);
                } else if (version(record.toString()) != versions.applyAsLong(name)) {
                    stored(record, answer.get(0).toLong()).ifPresentOrElse(changes.changed::add,
                            () -> changes.gone.add(name));
                }
            }
            return changes;
        });
    }

    /** The first keys in the order of their names, after the one that is given; all when that is empty. */
    Uni<Found> page(String after, int limit) {
        return store.run(PAGE, List.of(names, records), List.of(after, limit))
                .map(answer -> found(answer.get(0), answer.get(2)));
    }

    private static Found found(Response readAt, Response records) {
        long now = readAt.toLong();
        List<Stored> found = new ArrayList<>(records.size());
        for (Response record : records) {
            stored(record, now).ifPresent(found::add);
        }
        return new Found(now, found);
    }

    private static Optional<Stored> stored(Response response, long readAt) {
        if (response == null) {
            return Optional.empty();
        }
        String text = response.toString();
        long version = version(text);
        Optional<ApiKey> key = ApiKeyJson.read(text.substring(text.indexOf(' ') + 1));
        if (version < 0 || key.isEmpty()) {
            LOG.warn("A record among the API keys in Redis is damaged or of a later release: it is passed over.");
            return Optional.empty();
        }
        return key.map(read -> new Stored(read, version, readAt));
    }

    /** The digits before the record; -1 for what is damaged. */
    private static long version(String text) {
        try {
            return Long.parseLong(text, 0, Math.max(0, text.indexOf(' ')), 10);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Changes with every change of any key; 0 when there never was one. */
    Uni<Long> version() {
        return store.call(Command.GET, version).map(answer -> answer == null ? 0 : answer.toLong());
    }

    /** Empty when there is a key of this name already. */
    Uni<Optional<Stored>> create(ApiKey key, long now) {
        return write(key.name(), 0, ApiKeyJson.write(key), hashes(key), Set.of())
                .map(written -> written.map(v -> new Stored(key, v, now)));
    }

    /** Empty when it is no longer what was read. */
    Uni<Optional<Stored>> replace(Stored read, ApiKey key) {
        Set<SecretHash> gone = hashes(read.key());
        gone.removeAll(hashes(key));
        return write(key.name(), read.version(), ApiKeyJson.write(key), hashes(key), gone)
                .map(written -> written.map(v -> new Stored(key, v, read.readAt())));
    }

    /** False when it is no longer what was read. */
    Uni<Boolean> delete(Stored read) {
        return write(read.key().name(), read.version(), "", Set.of(), hashes(read.key())).map(Optional::isPresent);
    }

    private static Set<SecretHash> hashes(ApiKey key) {
        Set<SecretHash> hashes = new LinkedHashSet<>();
        key.secrets().forEach(secret -> hashes.add(secret.hash()));
        return hashes;
    }

    private Uni<Optional<Long>> write(String name, long expected, String record, Set<SecretHash> kept,
            Set<SecretHash> gone) {
        List<Object> arguments = new ArrayList<>(List.of(name, expected, record, channel, kept.size()));
        kept.forEach(hash -> arguments.add(hash.toString()));
        gone.forEach(hash -> arguments.add(hash.toString()));
        return store.run(WRITE, List.of(records, secrets, names, version), arguments).map(
                answer -> answer.get(0).toInteger() == 1 ? Optional.of(answer.get(1).toLong()) : Optional.empty());
    }
}
