package dev.sluice.redis;

import java.util.concurrent.ThreadLocalRandom;

/** Pauses between attempts to reconnect: 10 ms, doubling to 500 ms, each shortened by up to half at random. */
final class Backoff {
    static final long CAP = 500;
    private static final long FIRST = 10;
    private long ceiling = FIRST;

    /** ms */
    long next() {
        long pause = ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1);
        ceiling = Math.min(CAP, ceiling * 2);
        return pause;
    }

    void reset() {
        ceiling = FIRST;
    }
}
