package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Usage;
import dev.sluice.cache.Purges.View;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PurgesTest extends OneRedis {

    private final AtomicLong nanos = new AtomicLong(5_000_000_000L);
    private final Purges purges = new Purges(store, Duration.ofHours(1), nanos::get);

    @BeforeEach
    void empty() {
        store.call(Command.FLUSHALL).await().indefinitely();
    }

    @Test
    void aViewIsGoodForASecond() {
        assertThat(purges.known()).isNull();

        purges.ask().await().indefinitely();
        nanos.addAndGet(Purges.VALID.toNanos());
        assertThat(purges.known()).isNull();

        // Last, because a view that is asked for late in its life is renewed in the background.
        View view = purges.ask().await().indefinitely();
        nanos.addAndGet(Purges.VALID.toNanos() - 1);
        assertThat(purges.known()).isSameAs(view);
        assertThat(view.now() - view.asOf()).isEqualTo(999_999);
    }

    @Test
    void aViewIsRenewedWhileItIsUsed() {
        View first = purges.ask().await().indefinitely();
        nanos.addAndGet(Purges.VALID.toNanos() / 2);

        Eventually.until(() -> purges.known() != first);

        assertThat(purges.known().asOf()).isGreaterThan(first.asOf());
    }

    @Test
    void tellsWhatIsPurged() {
        View before = purges.ask().await().indefinitely();
        purges.declare("a", "m").await().indefinitely();
        View one = purges.known();
        purges.declare("b", "").await().indefinitely();
        View two = purges.known();

        assertThat(before.isPurged(entry(before, "a", "m"))).isFalse();
        assertThat(one.isPurged(entry(before, "a", "m"))).isTrue();
        assertThat(one.isPurged(entry(before, "a", "n"))).isFalse();
        assertThat(one.isPurged(entry(before, "b", "m"))).isFalse();
        assertThat(two.isPurged(entry(before, "b", "m"))).isTrue();
        assertThat(two.isPurged(entry(one, "b", "m"))).isTrue();
        assertThat(two.isPurged(entry(one, "a", "m"))).isFalse();
        assertThat(two.isPurged(entry(two, "b", "m"))).isFalse();
    }

    @Test
    void aPurgeIsLaterThanAllBeforeItEvenWhenTheClockIsSetBack() {
        View before = purges.ask().await().indefinitely();
        String future = Long.toString(before.asOf() + 60_000_000);
        store.call(Command.HSET, CacheKeys.global(store.keys(), "purges"), "a|", future).await().indefinitely();
        View seen = purges.ask().await().indefinitely();
        Entry entry = new Entry(0, 0, before.asOf() + 60_000_000, "a", "m", Usage.NONE, Subject.NONE, "", new byte[0]);
        assertThat(seen.isPurged(entry)).isFalse();

        purges.declare("", "").await().indefinitely();

        assertThat(purges.known().isPurged(entry)).isTrue();
    }

    @Test
    void forgetsPurgesThatConcernNothingAnyMore() {
        store.call(Command.HSET, CacheKeys.global(store.keys(), "purges"), "old|", "1000").await().indefinitely();

        purges.declare("a", "").await().indefinitely();

        assertThat(store.call(Command.HKEYS, CacheKeys.global(store.keys(), "purges")).await().indefinitely())
                .hasSize(1);
    }

    private static Entry entry(View writer, String tenant, String model) {
        return new Entry(0, 0, writer.asOf(), tenant, model, Usage.NONE, Subject.NONE, "", new byte[0]);
    }
}
