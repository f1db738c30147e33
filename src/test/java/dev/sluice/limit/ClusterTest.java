package dev.sluice.limit;

import static dev.sluice.limit.World.answering;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.Reply.Answer;
import dev.sluice.Usage;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import org.junit.jupiter.api.Test;

/** A node of a cluster refuses a script that reaches keys of two slots, also those that it has itself. */
class ClusterTest {
    private static final Usage USAGE = new Usage(10, 0, 7);

    @Test
    void everyScriptStaysWithinOneSlot() {
        try (TestRedis redis = TestRedis.start("cluster-enabled yes")) {
            send(redis, Request.cmd(Command.CLUSTER).arg("ADDSLOTSRANGE").arg(0).arg(16383));
            World.await("the cluster is up",
                    () -> send(redis, Request.cmd(Command.CLUSTER).arg("INFO")).contains("cluster_state:ok"));
            World world = World.on(redis);
            Caller caller = world.caller("k", new Quota(60, 10_000, 10, new Money(1_000_000_000), Money.ZERO));

            assertThat(world.serve(world.exchange(caller), answering(USAGE))).isInstanceOf(Answer.class);

            World.await("it was settled", () -> world.usage("k", World.MODEL, "requests") == 1);
            assertThat(world.serve(world.exchange(caller), answering(USAGE))).isInstanceOf(Answer.class);
        }
    }

    private static String send(TestRedis redis, Request request) {
        return redis.client().send(request).toCompletionStage().toCompletableFuture().join().toString();
    }
}
