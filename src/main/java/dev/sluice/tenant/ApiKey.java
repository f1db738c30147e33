package dev.sluice.tenant;

import dev.sluice.Caller;
import dev.sluice.Priority;
import dev.sluice.Quota;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A key as the admin API manages it.
 *
 * @param enabled a key that is not is refused like an unknown one
 * @param createdAt by Redis' clock; empty for a bootstrap key
 * @param secrets the current one first, then those that a rotation has left; empty for a bootstrap key, whose secret is
 *        the configuration's business
 */
public record ApiKey(String name, String tenant, Quota quota, boolean clamp, Priority maxPriority, Set<String> models,
        boolean enabled, Optional<Instant> createdAt, List<KeySecret> secrets) {

    /** The current one, and those of earlier rotations whose overlap is not over. */
    static final int MAX_SECRETS = 8;

    Caller caller() {
        return new Caller(name, tenant, quota, clamp, maxPriority, models);
    }

    /** Whether configuration made it: then configuration alone may change it. */
    public boolean bootstrap() {
        return createdAt.isEmpty();
    }

    public ApiKey with(Settable settable) {
        return new ApiKey(name, settable.tenant(), settable.quota(), settable.clamp(), settable.maxPriority(),
                settable.models(), settable.enabled(), createdAt, secrets);
    }

    public Settable settable() {
        return new Settable(tenant, quota, clamp, maxPriority, models, enabled);
    }

    /**
     * With a new secret; those before end with the overlap, or earlier where that was settled before. What has ended is
     * forgotten.
     *
     * @param now ms
     * @param overlap ms; 0 ends them at once
     */
    ApiKey rotated(SecretHash fresh, long now, long overlap) {
        List<KeySecret> rotated = new ArrayList<>();
        rotated.add(new KeySecret(fresh, KeySecret.NEVER));
        for (KeySecret secret : secrets) {
            KeySecret ending = secret.endingBy(now + overlap);
            if (!ending.endedBy(now)) {
                rotated.add(ending);
            }
        }
        return new ApiKey(name, tenant, quota, clamp, maxPriority, models, enabled, createdAt, rotated);
    }

    /** What the admin API may set and change. */
    public record Settable(String tenant, Quota quota, boolean clamp, Priority maxPriority, Set<String> models,
            boolean enabled) {}
}
