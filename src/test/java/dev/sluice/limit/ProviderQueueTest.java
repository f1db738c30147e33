package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Priority;
import dev.sluice.limit.ProviderQueue.Answer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProviderQueueTest {
    private static final long MAX_WAIT = 60_000;

    private static Vertx vertx;

    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger room = new AtomicInteger();
    private final List<String> admitted = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private Uni<Answer> ask() {
        return Uni.createFrom().item(() -> room.getAndUpdate(free -> Math.max(0, free - 1)) > 0
                ? Answer.GRANTED
                : new Answer(false, 1));
    }

    private void enter(ProviderQueue queue, String name, Priority priority) {
        queue.admit(priority, this::ask, () -> {}).subscribe().with(answer -> admitted.add(name));
    }

    @Test
    void anOldWaiterAdvancesOneClassEveryQuarterOfTheLongestWait() {
        ProviderQueue queue = new ProviderQueue(vertx, MAX_WAIT, now::get);
        enter(queue, "old low", Priority.LOW);
        now.set(MAX_WAIT / 4 - 1);
        enter(queue, "medium", Priority.MEDIUM);
        now.set(MAX_WAIT / 2);
        enter(queue, "high", Priority.HIGH);
        enter(queue, "young low", Priority.LOW);
        assertThat(queue.size()).isEqualTo(4);

        room.set(4);

        // Low has become high and is the oldest of that class; medium has advanced once, to high, too.
        World.await("all were admitted", () -> admitted.size() == 4);
        assertThat(admitted).containsExactly("old low", "medium", "high", "young low");
    }

    @Test
    void whoComesLaterDoesNotPassThoseWhoWait() {
        ProviderQueue queue = new ProviderQueue(vertx, MAX_WAIT, now::get);
        enter(queue, "first", Priority.LOW);
        room.set(2);
        enter(queue, "second", Priority.LOW);

        World.await("both were admitted", () -> admitted.size() == 2);
        assertThat(admitted).containsExactly("first", "second");
    }

    @Test
    void waitingThatCannotHelpIsNotBegun() {
        ProviderQueue queue = new ProviderQueue(vertx, MAX_WAIT, now::get);

        Answer tooLong = queue.admit(Priority.LOW, () -> Uni.createFrom().item(new Answer(false, MAX_WAIT + 1)),
                () -> {}).await().indefinitely();
        Answer never = queue.admit(Priority.LOW, () -> Uni.createFrom().item(new Answer(false, 0)), () -> {}).await()
                .indefinitely();

        assertThat(tooLong.waitMillis()).isEqualTo(MAX_WAIT + 1);
        assertThat(never.granted()).isFalse();
        assertThat(queue.size()).isZero();
    }

    @Test
    void theLongestWaitEnds() {
        ProviderQueue queue = new ProviderQueue(vertx, 50, now::get);

        Answer answer = queue.admit(Priority.LOW, this::ask, () -> {}).await().indefinitely();

        assertThat(answer.granted()).isFalse();
        assertThat(answer.waitMillis()).isEqualTo(1);
        assertThat(queue.size()).isZero();
    }
}
