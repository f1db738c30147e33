package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Money;
import dev.sluice.Usage;
import dev.sluice.limit.Settlements.Ended;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

class SettlementsTest {
    private static final Settlement END = new Settlement(true, false, 1, Money.ZERO, Money.ZERO, 0, 0, "m", 1, 0,
            Usage.NONE, Money.ZERO);

    private final Settlements settlements = new Settlements();
    private final List<List<String>> written = new ArrayList<>();
    private final List<Runnable> arrivals = new ArrayList<>();
    private final BiConsumer<List<Ended>, Runnable> write = (ended, arrived) -> {
        written.add(ended.stream().map(Ended::id).toList());
        arrivals.add(arrived);
    };

    private final List<Runnable> afterwards = new ArrayList<>();

    /** The turn of the event loop in which they end is over, too. */
    private void end(String... ids) {
        endInThisTurn(ids);
        List<Runnable> due = List.copyOf(afterwards);
        afterwards.clear();
        due.forEach(Runnable::run);
    }

    private void endInThisTurn(String... ids) {
        for (String id : ids) {
            settlements.add(id, END, write, afterwards::add);
        }
    }

    @Test
    void nothingGoesBeforeTheReplyHasLeftAndThenAllTogether() {
        endInThisTurn("a", "b");
        assertThat(written).isEmpty();
        assertThat(afterwards).hasSize(1);

        afterwards.get(0).run();
        assertThat(written).containsExactly(List.of("a", "b"));
    }

    @Test
    void whatWasSentBeforeTheReplyHasLeftIsNotSentAgain() {
        endInThisTurn("a");
        assertThat(settlements.flush(write)).isTrue();
        endInThisTurn("b");
        afterwards.forEach(Runnable::run);

        assertThat(written).containsExactly(List.of("a"), List.of("b"));
    }

    @Test
    void whatEndsWhileTheFirstIsUnderWayGoesTogether() {
        end("a");
        end("b", "c");
        assertThat(written).containsExactly(List.of("a"));

        arrivals.get(0).run();
        assertThat(written).containsExactly(List.of("a"), List.of("b", "c"));

        arrivals.get(1).run();
        end("d");
        assertThat(written).endsWith(List.of("d")).hasSize(3);
    }

    @Test
    void aFullWriteDoesNotWait() {
        end("first");
        for (int i = 0; i < Settlements.AT_ONCE; i++) {
            endInThisTurn("n" + i);
        }

        assertThat(written).hasSize(2);
        assertThat(written.get(1)).hasSize(Settlements.AT_ONCE);
    }

    @Test
    void whatWaitsIsSentWhenAskedFor() {
        assertThat(settlements.flush(write)).isFalse();
        end("a");
        end("b");

        assertThat(settlements.flush(write)).isTrue();
        assertThat(settlements.flush(write)).isFalse();
        assertThat(written).containsExactly(List.of("a"), List.of("b"));
    }
}
