package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
    private final GroupCommit<String> group = new GroupCommit<>();
    private final List<List<String>> written = new ArrayList<>();
    private final List<Runnable> arrivals = new ArrayList<>();
    private final List<Runnable> soon = new ArrayList<>();
    private final GroupCommit.Messages<String> messages = new GroupCommit.Messages<>() {
        @Override
        public void write(List<String> together, Runnable arrived) {
            written.add(together);
            arrivals.add(arrived);
        }

        @Override
        public void soon(Runnable send) {
            soon.add(send);
        }
    };

    /** The moment in which they come is over, too. */
    private void add(String... ids) {
        addNow(ids);
        endMoment();
    }

    private void endMoment() {
        List<Runnable> due = List.copyOf(soon);
        soon.clear();
        due.forEach(Runnable::run);
    }

    private void addNow(String... ids) {
        for (String id : ids) {
            group.add(id, messages);
        }
    }

    @Test
    void nothingGoesBeforeTheMomentIsOverAndThenAllTogether() {
        addNow("a", "b");
        assertThat(written).isEmpty();
        assertThat(soon).hasSize(1);

        soon.get(0).run();
        assertThat(written).containsExactly(List.of("a", "b"));
    }

    @Test
    void whatWasSentBeforeTheMomentIsOverIsNotSentAgain() {
        addNow("a");
        assertThat(group.flush(messages)).isTrue();
        addNow("b");
        soon.forEach(Runnable::run);

        assertThat(written).containsExactly(List.of("a"), List.of("b"));
    }

    @Test
    void whatComesWhileTheFirstIsUnderWayGoesTogether() {
        add("a");
        add("b", "c");
        assertThat(written).containsExactly(List.of("a"));

        arrivals.get(0).run();
        assertThat(written).containsExactly(List.of("a"));
        endMoment();
        assertThat(written).containsExactly(List.of("a"), List.of("b", "c"));

        arrivals.get(1).run();
        add("d");
        assertThat(written).endsWith(List.of("d")).hasSize(3);
    }

    @Test
    void aFullMessageDoesNotWait() {
        add("first");
        for (int i = 0; i < GroupCommit.AT_ONCE; i++) {
            addNow("n" + i);
        }

        assertThat(written).hasSize(2);
        assertThat(written.get(1)).hasSize(GroupCommit.AT_ONCE);
    }

    @Test
    void whatWaitsIsSentWhenAskedFor() {
        assertThat(group.flush(messages)).isFalse();
        add("a");
        add("b");

        assertThat(group.flush(messages)).isTrue();
        assertThat(group.flush(messages)).isFalse();
        assertThat(written).containsExactly(List.of("a"), List.of("b"));
    }
}
