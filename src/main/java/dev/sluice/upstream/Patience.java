package dev.sluice.upstream;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * How long nothing may come. One timer at a time, which looks when something came last, instead of being set anew with
 * each. Used on one event loop.
 */
final class Patience {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Vertx vertx;
    private final BooleanSupplier excused;
    private final Runnable lost;
    private long nanos;
    private long lastNanos;
    private long timer = -1;

    /**
     * @param excused whether nothing can come at the moment
     * @param lost called when nothing has come for so long
     */
    Patience(Vertx vertx, BooleanSupplier excused, Runnable lost) {
        this.vertx = vertx;
        this.excused = excused;
        this.lost = lost;
    }

    /** From now on nothing may come for so long. */
    void begin(Duration atMost) {
        vertx.cancelTimer(timer);
        nanos = atMost.toNanos();
        heard();
        arm(nanos);
    }

    /** Something has come. */
    void heard() {
        lastNanos = System.nanoTime();
    }

    void end() {
        vertx.cancelTimer(timer);
    }

    private void arm(long left) {
        timer = vertx.setTimer(Math.max(1, (left + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI), fired -> look());
    }

    private void look() {
        long silent = excused.getAsBoolean() ? 0 : System.nanoTime() - lastNanos;
        if (silent < nanos) {
            arm(nanos - silent);
        } else {
            lost.run();
        }
    }
}
