package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.SharedStore;
import io.vertx.redis.client.Command;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScanIndexTest extends VectorIndexContract {

    @Override
    VectorIndex index(SharedStore store, int maxEntries) {
        return new ScanIndex(store, maxEntries);
    }

    @Test
    void itHoldsNoMoreThanItCanLookThrough() {
        Random random = new Random(2);
        List<float[]> vectors = questions(ScanIndex.MOST_ENTRIES + 40, random);
        addAll(vectors);

        assertThat(await(index.nearest(PARTITION, vectors.get(0), 10_000))).hasSize(ScanIndex.MOST_ENTRIES);
    }

    @Test
    void whatIsNoVectorIsPassedOver() {
        await(index.add(PARTITION, "e", axis(0, 1), LATER));
        for (String value : List.of("", "x", "\u0001", "\u0001\u00ff", "\u0001\u0009abc")) {
            await(store.call(Command.HSET, "test:v1:{s:partition}:scan:vectors", "f" + value.length(), value));
        }

        assertThat(await(index.nearest(PARTITION, axis(0, 1), 10))).hasSize(1);
    }
}
