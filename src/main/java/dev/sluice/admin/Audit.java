package dev.sluice.admin;

import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import jakarta.inject.Singleton;

/**
 * Who changed what through the admin API: a stream in Redis to which the gateway only ever appends, each entry under the
 * time of Redis' clock. About the last {@value #MAX_ENTRIES} entries are kept.
 * <p>
 * An entry is written <em>before</em> the change, so no change can be missing; one that failed after all may be listed.
 */
@Singleton
public final class Audit {
    static final int MAX_ENTRIES = 100_000;
    /** The viewer token changes nothing, so there is nobody else. */
    private static final String ACTOR = "admin-token";

    private final SharedStore store;
    private final String stream;

    Audit(SharedStore store) {
        this.store = store;
        this.stream = store.keys().global("audit");
    }

    /**
     * Make the change only when this has succeeded; it fails as {@link SharedStore} does.
     *
     * @param action a dotted verb such as {@code key.create}
     * @param subject what it is done to
     * @param detail what changes, for people; never a secret; may be empty
     */
    public Uni<Void> record(String action, String subject, String detail) {
        return store.call(Command.XADD, stream, "MAXLEN", "~", MAX_ENTRIES, "*", "actor", ACTOR, "action", action,
                "subject", subject, "detail", detail).replaceWithVoid();
    }
}
