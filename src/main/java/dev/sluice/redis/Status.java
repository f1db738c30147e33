package dev.sluice.redis;

import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/** What the connections to one Redis know of it together. Says in the log when it goes and when it is back, once each. */
final class Status {
    private static final Logger LOG = Logger.getLogger(SharedStore.class);

    private final AtomicInteger connected = new AtomicInteger();
    private volatile boolean missed;

    boolean available() {
        return connected.get() > 0;
    }

    void up() {
        if (connected.incrementAndGet() == 1 && missed) {
            missed = false;
            LOG.info("Redis is back.");
        }
    }

    void down(String reason) {
        if (connected.decrementAndGet() == 0) {
            missing(reason);
        }
    }

    void closed() {
        connected.decrementAndGet();
    }

    /** An attempt to connect failed. */
    void missing(String reason) {
        if (!missed && connected.get() == 0) {
            missed = true;
            LOG.warnf("Redis is not available, trying on: %s", reason);
        }
    }
}
