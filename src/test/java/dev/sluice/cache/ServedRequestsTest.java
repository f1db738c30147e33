package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cache.ServedRequests.Place;
import dev.sluice.config.Settings;
import io.vertx.redis.client.Command;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ServedRequestsTest extends OneRedis {
    private static final Scope SCOPE = new Scope(Settings.Scope.KEY, "t", "k");

    @Test
    void remembersTheLatestAndIsBounded() {
        ServedRequests requests = new ServedRequests(store, 10);
        for (int i = 0; i < 35; i++) {
            requests.remember("t", List.of(Asked.note(SCOPE, "i" + i, "r" + i, "t", 0, 0))).await()
                    .indefinitely();
        }

        List<Integer> known = IntStream.range(0, 35)
                .filter(i -> requests.find("t", "r" + i).await().indefinitely().isPresent()).boxed().toList();

        assertThat(known).hasSizeBetween(10, 20).endsWith(33, 34);
        assertThat(requests.find("t", "r34").await().indefinitely()).contains(new Place("i34", SCOPE, "key", ""));
        assertThat(requests.find("other", "r34").await().indefinitely()).isEmpty();
    }

    @Test
    void remembersForAnHourAtLeast() {
        ServedRequests requests = new ServedRequests(store, 10);
        List<String> keys = CacheKeys.requests(store.keys(), "t2");
        requests.remember("t2", List.of(Asked.note(SCOPE, "i", "r", "t2", 0, 0))).await().indefinitely();
        assertThat(ttl(keys.get(0))).isBetween(7190L, 7200L);

        store.call(Command.EXPIRE, keys.get(0), 3599).await().indefinitely();
        requests.remember("t2", List.of(Asked.note(SCOPE, "i", "r2", "t2", 0, 0))).await().indefinitely();

        assertThat(ttl(keys.get(0))).isBetween(7190L, 7200L);
        assertThat(ttl(keys.get(1))).isBetween(3590L, 3600L);
        assertThat(requests.find("t2", "r").await().indefinitely()).isPresent();
        assertThat(requests.find("t2", "r2").await().indefinitely()).isPresent();
    }

    private static long ttl(String key) {
        return store.call(Command.TTL, key).await().indefinitely().toLong();
    }
}
