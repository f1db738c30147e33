package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.redis.SharedStore;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Needs Redis 8, which {@code SLUICE_TEST_REDIS_SERVER} names. */
class VectorSetIndexTest extends VectorIndexContract {

    @Override
    VectorIndex index(SharedStore store, int maxEntries) {
        return new VectorSetIndex(store, maxEntries);
    }

    @Override
    void require(SharedStore store) {
        assumeTrue(await(new VectorSetIndex(store, 1).probe().replaceWith(true).onFailure().recoverWithItem(false)),
                "the server has vector sets");
    }

    @Test
    void theNearestOfTenThousandIsFoundInNinetyNineOfAHundredCases() {
        Random random = new Random(3);
        List<float[]> vectors = questions(10_000, random);
        addAll(vectors);

        assertThat(recall(vectors, 1_000, random)).isGreaterThanOrEqualTo(.99);
    }
}
