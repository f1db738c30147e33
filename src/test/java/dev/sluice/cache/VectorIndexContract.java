package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.cache.VectorIndex.Neighbour;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every index of vectors does. */
abstract class VectorIndexContract {
    static final int DIMENSIONS = 384;
    static final String PARTITION = "partition";
    /** Far in the future, microseconds. */
    static final long LATER = 4_000_000_000_000_000L;

    TestRedis redis;
    SharedStore store;
    VectorIndex index;

    abstract VectorIndex index(SharedStore store, int maxEntries);

    /** Where the server cannot do it, the test is skipped. */
    void require(SharedStore store) {
        // any server will do
    }

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(10)));
        require(store);
        index = index(store, 10_000);
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(30));
    }

    static float[] axis(int axis, float length) {
        float[] vector = new float[DIMENSIONS];
        vector[axis] = length;
        return vector;
    }

    static float[] unit(float[] vector) {
        double squares = 0;
        for (float x : vector) {
            squares += x * x;
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= (float) Math.sqrt(squares);
        }
        return vector;
    }

    /** The angle grows with the distance. */
    static float[] near(float[] centre, double distance, Random random) {
        float[] vector = new float[DIMENSIONS];
        for (int i = 0; i < DIMENSIONS; i++) {
            vector[i] = centre[i] + (float) (random.nextGaussian() * distance / Math.sqrt(DIMENSIONS));
        }
        return unit(vector);
    }

    static double cosine(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return sum;
    }

    /** Like questions: some hundred subjects, and on each of them some that are close. */
    static List<float[]> questions(int count, Random random) {
        List<float[]> subjects = new ArrayList<>();
        for (int i = 0; i < count / 20 + 1; i++) {
            subjects.add(near(new float[DIMENSIONS], 1, random));
        }
        List<float[]> questions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            questions.add(near(subjects.get(i % subjects.size()), .6, random));
        }
        return questions;
    }

    void addAll(List<float[]> vectors) {
        Multi.createFrom().iterable(IntStream.range(0, vectors.size()).boxed().toList())
                .onItem().transformToUni(i -> index.add(PARTITION, "e" + i, vectors.get(i), LATER))
                .merge(64).collect().last().await().atMost(Duration.ofMinutes(5));
    }

    static int nearest(List<float[]> vectors, float[] asked) {
        int best = 0;
        for (int i = 1; i < vectors.size(); i++) {
            if (cosine(vectors.get(i), asked) > cosine(vectors.get(best), asked)) {
                best = i;
            }
        }
        return best;
    }

    /** How often the first found is the nearest of all. */
    double recall(List<float[]> vectors, int questions, Random random) {
        int found = 0;
        for (int i = 0; i < questions; i++) {
            float[] asked = near(vectors.get(random.nextInt(vectors.size())), .4, random);
            Neighbour first = await(index.nearest(PARTITION, asked, 3)).get(0);
            int nearest = nearest(vectors, asked);
            assertThat(first.cosine()).isCloseTo(cosine(vectors.get(Integer.parseInt(first.identity().substring(1))),
                    asked), within(.01));
            found += first.identity().equals("e" + nearest) ? 1 : 0;
        }
        return (double) found / questions;
    }

    @Test
    void theSameTheUnrelatedAndTheOppositeHaveTheCosinesOneZeroAndMinusOne() {
        await(index.add(PARTITION, "same", axis(0, 1), LATER));
        await(index.add(PARTITION, "unrelated", axis(1, 1), LATER));
        await(index.add(PARTITION, "opposite", axis(0, -1), LATER));

        List<Neighbour> neighbours = await(index.nearest(PARTITION, axis(0, 1), 10));

        assertThat(neighbours).extracting(Neighbour::identity).containsExactly("same", "unrelated", "opposite");
        assertThat(neighbours.get(0).cosine()).isCloseTo(1, within(.001));
        assertThat(neighbours.get(1).cosine()).isCloseTo(0, within(.001));
        assertThat(neighbours.get(2).cosine()).isCloseTo(-1, within(.001));
    }

    @Test
    void onlyAsManyAsWantedAreFoundAndNoneInAnotherPartition() {
        for (int i = 0; i < 5; i++) {
            await(index.add(PARTITION, "e" + i, axis(i, 1), LATER));
        }

        assertThat(await(index.nearest(PARTITION, axis(3, 1), 2))).hasSize(2).first()
                .extracting(Neighbour::identity).isEqualTo("e3");
        assertThat(await(index.nearest("another", axis(3, 1), 2))).isEmpty();
    }

    @Test
    void whatIsAddedAgainIsReplaced() {
        await(index.add(PARTITION, "e", axis(0, 1), LATER));
        await(index.add(PARTITION, "e", axis(1, 1), LATER));

        List<Neighbour> neighbours = await(index.nearest(PARTITION, axis(1, 1), 10));

        assertThat(neighbours).hasSize(1);
        assertThat(neighbours.get(0).cosine()).isCloseTo(1, within(.001));
    }

    @Test
    void whatIsRemovedIsNotFound() {
        addAll(List.of(axis(0, 1), axis(1, 1), axis(2, 1)));

        await(index.remove(PARTITION, List.of("e0", "e2", "never")));

        assertThat(await(index.nearest(PARTITION, axis(0, 1), 10))).extracting(Neighbour::identity)
                .containsExactly("e1");
    }

    @Test
    void theLeastRecentlyHitGoesWhenThereAreTooMany() {
        index = index(store, 3);
        addAll(List.of(axis(0, 1), axis(1, 1), axis(2, 1)));
        await(index.hit(PARTITION, "e0", LATER));

        await(index.add(PARTITION, "new", axis(3, 1), LATER));

        assertThat(await(index.nearest(PARTITION, axis(0, 1), 10))).extracting(Neighbour::identity)
                .containsExactlyInAnyOrder("e0", "e2", "new");
    }

    @Test
    void aHitOfWhatIsNotThereLeavesNothingBehind() {
        await(index.hit(PARTITION, "never", LATER));

        assertThat(await(store.call(Command.KEYS, "*")).size()).isZero();
    }

    @Test
    void whatHasExpiredGoesWithTheNextThatComesAndThePartitionGoesWithItsLatest() {
        await(index.add(PARTITION, "expired", axis(0, 1), 1_000_000));
        assertThat(await(index.nearest(PARTITION, axis(0, 1), 10))).isEmpty();

        long soon = System.currentTimeMillis() * 1_000 + 600_000_000;
        await(index.add(PARTITION, "e", axis(1, 1), soon));
        await(index.add(PARTITION, "expired", axis(0, 1), 1_000_000));

        assertThat(await(index.nearest(PARTITION, axis(0, 1), 10))).extracting(Neighbour::identity)
                .containsExactly("e");
        for (var key : await(store.call(Command.KEYS, "*"))) {
            assertThat(await(store.call(Command.PTTL, key.toString())).toLong()).as(key.toString())
                    .isBetween(600_000L, 661_000L);
        }
    }

    @Test
    void theNearestOfFiveHundredIsFound() {
        Random random = new Random(1);
        List<float[]> vectors = questions(500, random);
        addAll(vectors);

        assertThat(recall(vectors, 200, random)).isGreaterThanOrEqualTo(.99);
    }
}
