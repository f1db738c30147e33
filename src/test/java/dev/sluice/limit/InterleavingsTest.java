package dev.sluice.limit;

import dev.sluice.redis.TestRedis;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Random sequences of everything that may happen to leases, against the real scripts; a {@link Bookkeeper} keeps its own books. */
class InterleavingsTest {
    private static final Logger LOG = Logger.getLogger(InterleavingsTest.class);
    private static final long FIRST_SEED = 20261124;
    /** Some days before a month's end. */
    private static final long START = 1_795_478_400_000L;
    private static final int SEEDS = 40;
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
        Map<String, Integer> counts = new TreeMap<>();
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            Bookkeeper books = new Bookkeeper(new ScriptWorld(redis, START), seed, counts);
            try {
                for (int i = 0; i < STEPS; i++) {
                    books.step();
                }
                books.comeToRest();
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + books.history(), e);
            }
        }
        LOG.infof("%d interleaved steps, seeds %d to %d: %s", SEEDS * STEPS, FIRST_SEED, FIRST_SEED + SEEDS - 1,
                counts);
    }
}
