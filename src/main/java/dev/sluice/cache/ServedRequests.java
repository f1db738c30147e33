package dev.sluice.cache;

import dev.sluice.redis.ForCache;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which entry a request stored or was served from, for an hour at least; where a tenant makes more than
 * {@value #REMEMBERED} such requests an hour, only for that many of the latest at least.
 */
@Singleton
final class ServedRequests {
    private static final Script REQUESTS = Script.named("cache_requests");
    private static final int REMEMBERED = 50_000;

    private final SharedStore store;
    private final String remembered;

    @Inject
    ServedRequests(@ForCache SharedStore store) {
        this(store, REMEMBERED);
    }

    ServedRequests(SharedStore store, int remembered) {
        this.store = store;
        this.remembered = Integer.toString(remembered);
    }

    /** The name under which a request's entry of this number is remembered; the first is the request's own. */
    static String part(String requestId, int number) {
        return number == 0 ? requestId : requestId + "/" + number; // no id of a request has a slash
    }

    /**
     * An entry and where it is indexed.
     *
     * @param hitBy the key whose request was served from it; empty where it stored the entry
     * @param asked identity of what that request asked; empty where that is not known
     */
    record Place(String identity, Scope scope, String hitBy, String asked) {}

    Uni<Void> remember(String tenant, List<Note> notes) {
        List<String> arguments = new ArrayList<>(1 + 2 * notes.size());
        arguments.add(remembered);
        for (Note note : notes) {
            arguments.add(note.requestId());
            arguments.add(note.identity() + " " + note.scope() + " "
                    + (note.isStore() ? "" : note.key() + " " + note.asked()));
        }
        return store.run(REQUESTS, CacheKeys.requests(store.keys(), tenant), arguments).replaceWithVoid();
    }

    /** All entries of this request. */
    Uni<List<Place>> findAll(String tenant, String requestId) {
        return findAll(tenant, requestId, new ArrayList<>());
    }

    private Uni<List<Place>> findAll(String tenant, String requestId, List<Place> found) {
        return find(tenant, part(requestId, found.size())).chain(place -> {
            if (place.isEmpty()) {
                return Uni.createFrom().item(found);
            }
            found.add(place.get());
            return findAll(tenant, requestId, found);
        });
    }

    Uni<Optional<Place>> find(String tenant, String requestId) {
        List<String> keys = CacheKeys.requests(store.keys(), tenant);
        return store.call(Command.HGET, keys.get(0), requestId).flatMap(found -> found != null
                ? Uni.createFrom().item(found)
                : store.call(Command.HGET, keys.get(1), requestId)).map(ServedRequests::place);
    }

    private static Optional<Place> place(Response found) {
        if (found == null) {
            return Optional.empty();
        }
        String[] parts = found.toString().split(" ", -1);
        return Optional.of(new Place(parts[0], Scope.parse(parts[1]), parts.length > 2 ? parts[2] : "",
                parts.length > 3 ? parts[3] : ""));
    }
}
