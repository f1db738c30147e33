package dev.sluice.redis;

import io.vertx.redis.client.Request;
import io.vertx.redis.client.impl.RequestImpl;
import io.vertx.redis.client.impl.ZModem;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Which parts of a cluster do not answer, so that one hanging node neither slows its callers down nor closes the others
 * to them. We do not see which node a call goes to, but its hash slot: the slots are watched in groups. A group that let
 * a call run out of time is refused, but for one call a second that tries it.
 */
final class SilentSlots {
    static final int NO_GROUP = -1;
    /** What ZModem says of keys in different slots. */
    private static final int NO_SLOT = -1;
    private static final int GROUPS = 64;
    private static final int SLOTS_PER_GROUP = 16_384 / GROUPS;
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

    private final boolean[] silent = new boolean[GROUPS];
    private final long[] nextTry = new long[GROUPS];

    static int group(Request request) {
        List<byte[]> keys = ((RequestImpl) request).keys();
        int slot = keys.isEmpty() ? NO_SLOT : ZModem.generateMultiRaw(keys);
        return slot == NO_SLOT ? NO_GROUP : slot / SLOTS_PER_GROUP;
    }

    /** Whether a call would only run out of time. */
    boolean refuses(int group, long now) {
        if (group == NO_GROUP || !silent[group]) {
            return false;
        }
        if (now - nextTry[group] < 0) {
            return true;
        }
        nextTry[group] = now + PAUSE;
        return false;
    }

    void timedOut(int group, long now) {
        if (group != NO_GROUP) {
            silent[group] = true;
            nextTry[group] = now + PAUSE;
        }
    }

    void answered(int group) {
        if (group != NO_GROUP) {
            silent[group] = false;
        }
    }
}
