package dev.sluice.limit;

import dev.sluice.redis.TestRedis;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Random sequences of everything that may happen to leases, against the real scripts; a {@link Bookkeeper} keeps its own books. */
class InterleavingsTest {
    private static final Logger LOG = Logger.getLogger(InterleavingsTest.class);
    private static final long FIRST_SEED = 20261124;
    private static final int SEEDS = 30;
    private static final int STEPS = 250;

    private static TestRedis redis;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void nothingIsGrantedBeyondALimitAndNothingLeaks() {
        long steps = 0;
        StringBuilder kinds = new StringBuilder();
        int[] counts = new int[Bookkeeper.Step.values().length];
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            Bookkeeper books = new Bookkeeper(new ScriptWorld(redis, 1_795_478_400_000L), seed, counts);
            try {
                for (int i = 0; i < STEPS; i++) {
                    books.step();
                    steps++;
                }
                books.comeToRest();
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + books.history(), e);
            }
        }
        for (Bookkeeper.Step step : Bookkeeper.Step.values()) {
            kinds.append(' ').append(step).append(' ').append(counts[step.ordinal()]);
        }
        LOG.infof("%d interleaved steps, seeds %d to %d:%s", steps, FIRST_SEED, FIRST_SEED + SEEDS - 1, kinds);
    }
}
