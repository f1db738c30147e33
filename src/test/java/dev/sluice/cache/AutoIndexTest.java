package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cache.VectorIndex.Neighbour;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AutoIndexTest {
    private final AtomicLong nanos = new AtomicLong();
    private TestRedis redis;
    private SharedStore store;
    private AutoIndex index;
    private boolean vectorSets;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(10)));
        index = new AutoIndex(new VectorSetIndex(store, 100), new ScanIndex(store, 100), nanos::get);
        vectorSets = await(new VectorSetIndex(store, 1).probe().replaceWith(true).onFailure().recoverWithItem(false));
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(30));
    }

    private void add(String identity) {
        await(index.add("p", identity, VectorIndexContract.axis(0, 1), VectorIndexContract.LATER));
    }

    private void assertFound(String identity) {
        assertThat(await(index.nearest("p", VectorIndexContract.axis(0, 1), 9))).extracting(Neighbour::identity)
                .containsExactly(identity);
    }

    private boolean uses(String kind) {
        return await(store.call(Command.EXISTS, "test:v1:{s:p}:" + kind + ":vectors")).toLong() == 1;
    }

    @Test
    void theServersOwnVectorsAreUsedWhereItHasThem() {
        add("e");

        assertFound("e");
        assertThat(uses("vectorset")).isEqualTo(vectorSets);
        assertThat(uses("scan")).isEqualTo(!vectorSets);
    }

    @Test
    void aServerThatTakesThemAwayIsFollowedAtOnceAndOneThatGivesThemBackInTime() {
        add("before");

        await(store.call(Command.ACL, "SETUSER", "default", "-vadd", "-vsim", "-vrem").onFailure().recoverWithNull());
        assertThat(await(index.nearest("p", VectorIndexContract.axis(0, 1), 9))).hasSize(vectorSets ? 0 : 1);
        await(index.add("p", "scanned", VectorIndexContract.axis(0, 1), VectorIndexContract.LATER));
        assertThat(uses("scan")).isTrue();

        await(store.call(Command.ACL, "SETUSER", "default", "+@all"));
        nanos.addAndGet(AutoIndex.INTERVAL.toNanos());
        add("after");
        assertThat(uses("vectorset")).isEqualTo(vectorSets);
    }
}
