package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PerEventLoopTest {
    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger number = new AtomicInteger();
    private final PerEventLoop<Integer> clients = new PerEventLoop<>(vertx, number::incrementAndGet);

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void eachEventLoopKeepsItsOwn() {
        Context one = ((VertxInternal) vertx).createEventLoopContext();
        Context other = ((VertxInternal) vertx).createEventLoopContext();

        assertThat(List.of(on(one), on(other), on(one), on(other))).containsExactly(1, 2, 1, 2);
    }

    @Test
    void whatWasPreparedGoesToTheFirstThatAsks() {
        clients.prepare();
        assertThat(number).hasValue(1);

        assertThat(on(((VertxInternal) vertx).createEventLoopContext())).isEqualTo(1);
        assertThat(on(((VertxInternal) vertx).createEventLoopContext())).isEqualTo(2);
    }

    @Test
    void whatWasPreparedAndNotTakenIsClosedWithTheOthers() {
        on(((VertxInternal) vertx).createEventLoopContext());
        clients.prepare();
        List<Integer> closed = new ArrayList<>();

        clients.forEach(closed::add);

        assertThat(closed).containsExactlyInAnyOrder(1, 2);
    }

    private int on(Context context) {
        CompletableFuture<Integer> got = new CompletableFuture<>();
        context.runOnContext(ignored -> got.complete(clients.get()));
        return got.join();
    }
}
