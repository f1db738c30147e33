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

    private void end(String... ids) {
        for (String id : ids) {
            settlements.add(id, END, write);
        }
    }

    @Test
    void theFirstGoesAtOnceAndWhatEndsMeanwhileGoesTogether() {
        end("a", "b", "c");
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
            end("n" + i);
        }

        assertThat(written).hasSize(2);
        assertThat(written.get(1)).hasSize(Settlements.AT_ONCE);
    }

    @Test
    void whatWaitsIsSentWhenAskedFor() {
        assertThat(settlements.flush(write)).isFalse();
        end("a", "b");

        assertThat(settlements.flush(write)).isTrue();
        assertThat(settlements.flush(write)).isFalse();
        assertThat(written).containsExactly(List.of("a"), List.of("b"));
    }
}
