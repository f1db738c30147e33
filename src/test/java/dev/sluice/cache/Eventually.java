package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.SharedStore;
import io.vertx.redis.client.Command;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what happens without being waited for. */
final class Eventually {
    private static final long PATIENCE = 10_000_000_000L;
    private static final long PAUSE = 2_000_000;

    private Eventually() {
    }

    /** On a busy machine the first connection takes its time. */
    static SharedStore answering(SharedStore store) {
        until(() -> store.call(Command.PING).replaceWith(true).onFailure().recoverWithItem(false).await()
                .indefinitely());
        return store;
    }

    static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(PAUSE);
        }
    }
}
