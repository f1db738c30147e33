package dev.sluice.limit;

import static dev.sluice.limit.World.answering;
import static dev.sluice.limit.World.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.RateLimits;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import dev.sluice.redis.TestRedis;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LimitStageTest {
    private static final Usage USAGE = new Usage(10, 0, 7);

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
    void ofTwoHundredAtOnceExactlyTheBurstPasses() {
        World world = World.on(redis);
        Caller caller = world.caller("k", new Quota(1, 0, 10, Money.ZERO, Money.ZERO));

        List<Uni<Reply>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(world.stage.apply(world.exchange(caller), answering(USAGE)));
        }
        List<Reply> replies = Uni.join().all(all).andFailFast().await().atMost(Duration.ofSeconds(10));

        assertThat(replies).filteredOn(reply -> reply instanceof Answer).hasSize(10);
        assertThat(replies).filteredOn(reply -> reply instanceof Refusal).hasSize(190)
                .allSatisfy(reply -> {
                    assertThat(refused(reply).status()).isEqualTo(429);
                    assertThat(refused(reply).code()).contains("rate_limit_exceeded");
                    assertThat(refused(reply).retryAfterSeconds().getAsLong()).isBetween(58L, 60L);
                });
    }
}
