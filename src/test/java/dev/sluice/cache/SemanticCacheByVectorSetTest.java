package dev.sluice.cache;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.config.Settings.IndexKind;
import dev.sluice.redis.SharedStore;

/** Needs Redis 8, which {@code SLUICE_TEST_REDIS_SERVER} names. */
class SemanticCacheByVectorSetTest extends SemanticCacheContract {
    SemanticCacheByVectorSetTest() {
        super(IndexKind.VECTORSET);
    }

    @Override
    void require(SharedStore store) {
        assumeTrue(new VectorSetIndex(store, 1).probe().replaceWith(true).onFailure().recoverWithItem(false).await()
                .indefinitely(), "the server has vector sets");
    }
}
