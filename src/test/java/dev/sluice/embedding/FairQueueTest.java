package dev.sluice.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FairQueueTest {
    private int places = 4;
    private final FairQueue<String> queue = new FairQueue<>(() -> places);

    private List<String> take(int count) throws InterruptedException {
        List<String> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            taken.add(queue.take());
        }
        return taken;
    }

    @Test
    void tenantsAreServedInTurn() throws InterruptedException {
        queue.offer("a", "a1");
        queue.offer("a", "a2");
        queue.offer("a", "a3");
        queue.offer("b", "b1");

        assertThat(take(4)).containsExactly("a1", "b1", "a2", "a3");
    }

    @Test
    void aFullQueueMakesRoomForWhoHasLessInIt() throws InterruptedException {
        for (int i = 1; i <= 4; i++) {
            assertThat(queue.offer("a", "a" + i)).isNull();
        }

        assertThat(queue.offer("a", "a5")).isEqualTo("a5");
        assertThat(queue.offer("b", "b1")).isEqualTo("a4");
        assertThat(queue.offer("b", "b2")).isEqualTo("a3");
        assertThat(queue.offer("b", "b3")).isEqualTo("b3");
        assertThat(take(4)).containsExactly("a1", "b1", "a2", "b2");
    }

    @Test
    void whoHasAPlaceKeepsItWhenThereAreFewer() throws InterruptedException {
        for (int i = 1; i <= 4; i++) {
            queue.offer("a", "a" + i);
        }
        places = 2;

        assertThat(queue.offer("b", "b1")).isEqualTo("b1");
        assertThat(take(3)).containsExactly("a1", "a2", "a3");
        assertThat(queue.offer("b", "b2")).isNull();
        assertThat(take(2)).containsExactly("a4", "b2");
    }

    @Test
    void whereEverybodyHasOnePlaceTheNewcomerIsTurnedAway() throws InterruptedException {
        for (String tenant : List.of("a", "b", "c", "d")) {
            queue.offer(tenant, tenant);
        }

        assertThat(queue.offer("e", "e")).isEqualTo("e");
        assertThat(take(4)).containsExactly("a", "b", "c", "d");
    }

    @Test
    void whoCanWaitIsServedWhileNobodyElseIsThere() throws InterruptedException {
        queue.offerPatient("a", "a-later");
        queue.offerPatient("b", "b-later");
        queue.offer("b", "b1");
        queue.offer("b", "b2");

        assertThat(take(3)).containsExactly("b1", "b2", "a-later");
        queue.offer("c", "c1");
        assertThat(take(2)).containsExactly("c1", "b-later");
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void whoCanWaitTakesNoPlaceOfThoseWhoCannotAndHasABoundToo() {
        long turnedAway = IntStream.range(0, 1_000).filter(i -> queue.offerPatient("a", "later " + i) != null).count();

        assertThat(turnedAway).isEqualTo(1_000 - 256);
        assertThat(queue.offer("a", "a1")).isNull();
    }
}
