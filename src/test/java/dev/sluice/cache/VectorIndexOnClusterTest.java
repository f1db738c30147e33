package dev.sluice.cache;

import static dev.sluice.cache.Asked.exchange;
import static dev.sluice.cache.Asked.isHit;
import static dev.sluice.cache.VectorIndexContract.LATER;
import static dev.sluice.cache.VectorIndexContract.await;
import static dev.sluice.cache.VectorIndexContract.axis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.cache.Asked.Provider;
import dev.sluice.cache.VectorIndex.Neighbour;
import dev.sluice.config.Settings;
import dev.sluice.config.Settings.IndexKind;
import dev.sluice.config.Settings.Verify;
import dev.sluice.embedding.MemoisedEmbedder;
import dev.sluice.embedding.OnnxEmbedder;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedisCluster;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Partitions on all nodes of a cluster; vector sets need Redis 8, which {@code SLUICE_TEST_REDIS_SERVER} names. */
class VectorIndexOnClusterTest {
    private static final CacheWish LOOK_ONLY = new CacheWish(Lookup.SEMANTIC, false, true, OptionalLong.empty(), true);

    private static TestRedisCluster cluster;
    private static SharedStore store;

    @BeforeAll
    static void start() {
        cluster = TestRedisCluster.start();
        store = Eventually.answering(cluster.store(Duration.ofSeconds(10)));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static void require(IndexKind kind) {
        assumeTrue(kind == IndexKind.SCAN || await(new VectorSetIndex(store, 1).probe().replaceWith(true).onFailure()
                .recoverWithItem(false)), "the servers have vector sets");
    }

    @ParameterizedTest
    @EnumSource(names = { "SCAN", "VECTORSET"})
    void everyPartitionIsSearchedWhereItLives(IndexKind kind) {
        require(kind);
        VectorIndex index = kind == IndexKind.SCAN ? new ScanIndex(store, 2) : new VectorSetIndex(store, 2);
        List<String> partitions = IntStream.range(0, 3).mapToObj(node -> TestRedisCluster.keyOn(node, kind + "p"))
                .toList();
        for (String partition : partitions) {
            await(index.add(partition, "a", axis(0, 1), LATER));
            await(index.add(partition, "b", axis(1, 1), LATER));
            await(index.hit(partition, "a", LATER));
            await(index.add(partition, "c", axis(2, 1), LATER));
        }

        for (String partition : partitions) {
            assertThat(await(index.nearest(partition, axis(2, 1), 8))).extracting(Neighbour::identity).as(partition)
                    .startsWith("c").containsExactlyInAnyOrder("c", "a");
            await(index.remove(partition, List.of("c")));
            assertThat(await(index.nearest(partition, axis(2, 1), 8))).extracting(Neighbour::identity)
                    .containsExactly("a");
        }
    }

    @ParameterizedTest
    @EnumSource(names = { "SCAN", "VECTORSET", "AUTO"})
    void otherWordsAreAnsweredAndAWrongPairIsParted(IndexKind kind) {
        require(kind == IndexKind.AUTO ? IndexKind.SCAN : kind);
        Provider provider = new Provider();
        try (MemoisedEmbedder embedder = new MemoisedEmbedder(new OnnxEmbedder())) {
            embedder.embed("tenant", "warm").await().atMost(Duration.ofMinutes(2));
            Replica replica = new Replica(cluster.node(0), store,
                    Replica.settings(Settings.Scope.TENANT, Replica.semantic(Verify.BALANCED, kind)), false, embedder);
            String seed = "{\"seed\":" + kind.ordinal() + ",";
            String first = Asked.question("What are the advantages of Python generators?").replaceFirst("[{]", seed);
            String second = Asked.question("Which advantages do Python generators have?").replaceFirst("[{]", seed);
            replica.askAndKeep(exchange(first), provider);

            Eventually.until(() -> isHit(replica.ask(exchange(second, LOOK_ONLY), provider)));
            Exchange hit = exchange(second, LOOK_ONLY);
            assertThat(replica.ask(hit, provider).receipt().cache().orElseThrow())
                    .isInstanceOf(CacheStatus.SemanticHit.class);
            assertThat(replica.await(replica.administration.removeServed(hit.id(), hit.caller()))).isTrue();
            replica.askAndKeep(exchange(first), provider);
            assertThat(isHit(replica.ask(exchange(second, LOOK_ONLY), provider))).isFalse();
        }
    }
}
