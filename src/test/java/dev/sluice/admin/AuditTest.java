package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.redis.SharedStore;
import dev.sluice.redis.StoreUnavailable;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuditTest {
    private TestRedis redis;
    private SharedStore store;
    private Audit audit;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        store = redis.store();
        audit = new Audit(store);
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void entriesFollowEachOtherUnderTheTimeOfRedis() {
        audit.record("key.create", "a", "burst=1").await().indefinitely();
        audit.record("key.delete", "b", "").await().indefinitely();

        Response entries = store.call(Command.XRANGE, "test:v1:audit", "-", "+").await().indefinitely();
        assertThat(entries.size()).isEqualTo(2);
        assertThat(entries.get(0).get(1).toString())
                .isEqualTo("[actor, admin-token, action, key.create, subject, a, detail, burst=1]");
        assertThat(entries.get(1).get(1).toString())
                .isEqualTo("[actor, admin-token, action, key.delete, subject, b, detail, ]");
        assertThat(entries.get(0).get(0).toString()).matches("\\d{13}-\\d+");
    }

    @Test
    void theStreamIsBounded() {
        // Trimming removes whole nodes of 100 entries: about the bound stays.
        String fill = "for i = 1, " + (Audit.MAX_ENTRIES + 500) + " do redis.call('XADD', KEYS[1], '*', 'a', 'b') end";
        store.slow().call(Command.EVAL, fill, 1, "test:v1:audit").onFailure().recoverWithNull().await().indefinitely();

        audit.record("key.create", "a", "").await().indefinitely();

        long length = store.call(Command.XLEN, "test:v1:audit").await().indefinitely().toLong();
        assertThat(length).isBetween((long) Audit.MAX_ENTRIES, Audit.MAX_ENTRIES + 100L);
    }

    @Test
    void whatCannotBeRecordedFailsSoThatItIsNotDone() {
        redis.stop();

        assertThatThrownBy(() -> audit.record("key.create", "a", "").await().indefinitely())
                .isInstanceOf(StoreUnavailable.class);
    }
}
