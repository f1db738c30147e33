package dev.sluice.upstream;

import static dev.sluice.upstream.Fixture.HELLO;
import static dev.sluice.upstream.Fixture.exchange;
import static dev.sluice.upstream.Fixture.model;
import static dev.sluice.upstream.Fixture.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Model;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reservation;
import dev.sluice.upstream.MockProvider.Act;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What limits hold back is respected before every call. */
class ReservationTest {
    private final MockProvider mock = MockProvider.start();
    private final MockProvider other = MockProvider.start();
    private final Model model = model("m", "p");
    private final Model fallback = model("f", "q");
    private final TestUpstream upstream = new TestUpstream(provider("p", mock.baseUrl()),
            provider("q", other.baseUrl()));

    @AfterEach
    void stop() {
        upstream.close();
        mock.close();
        other.close();
    }

    @Test
    void isAskedBeforeEveryCallAndToldWhatMayHaveBeenBilled() {
        // given
        Recording reservation = new Recording(0, List.of());
        mock.next(Act.status(429).header("retry-after-ms", "1"), Act.status(500), Act.status(500));

        // when
        Reply reply = upstream.serve(exchange(HELLO, model, fallback).with(reservation));

        // then
        assertThat(reply).isInstanceOf(Answer.class);
        assertThat(reservation.asked).containsExactly("m false", "m false", "m true", "f true");
        assertThat(reply.receipt().attempts()).isEqualTo(4);
        assertThat(reply.receipt().maybeBilled()).isTrue();
    }

    @Test
    void itsRefusalEndsTheRequest() {
        // given
        Refusal refusal = Refusal.of(429, "insufficient_quota", "insufficient_quota", "Nothing left.");
        Recording reservation = new Recording(0, List.of(Optional.empty(), Optional.of(refusal)));
        mock.always(Act.status(500));

        // when
        Refusal reply = (Refusal) upstream.serve(exchange(HELLO, model, fallback).with(reservation));

        // then
        assertThat(reply.message()).isEqualTo("Nothing left.");
        assertThat(reply.receipt().attempts()).isEqualTo(1);
        assertThat(reply.receipt().maybeBilled()).isTrue();
        assertThat(other.calls()).isEmpty();
    }

    @Test
    void aProvidersOwnBudgetIsAReasonForTheFallback() {
        // given
        Refusal refusal = Refusal.of(503, "server_error", "overloaded", "The provider's budget is spent.");
        Recording reservation = new Recording(0, List.of(Optional.of(refusal)));

        // when
        Reply reply = upstream.serve(exchange(HELLO, model, fallback).with(reservation));

        // then
        assertThat(reply).isInstanceOf(Answer.class);
        assertThat(reply.receipt().model()).contains(fallback);
        assertThat(reply.receipt().attempts()).isEqualTo(1);
        assertThat(mock.calls()).isEmpty();
    }

    @Test
    void withoutItsStoreNoModelIsAsked() {
        // given
        Refusal refusal = Refusal.of(503, "server_error", "store_unavailable", "No store.");
        Recording reservation = new Recording(0, List.of(Optional.of(refusal)));

        // when
        Reply reply = upstream.serve(exchange(HELLO, model, fallback).with(reservation));

        // then
        assertThat(((Refusal) reply).code()).contains("store_unavailable");
        assertThat(reservation.asked).hasSize(1);
    }

    @Test
    void itsBoundIsSentAndTheAnswerMarkedAsCutShort() {
        // when
        Reply reply = upstream.serve(exchange(HELLO, model).with(new Recording(5, List.of())));

        // then
        assertThat(mock.lastCall().json().count(0, "max_tokens", -1)).isEqualTo(5);
        assertThat(reply.receipt().cutShort()).isTrue();
        assertThat(reply.receipt().usage().outputTokens()).isEqualTo(5);
    }

    private static final class Recording implements Reservation {
        private final long bound;
        private final List<Optional<Refusal>> replies;
        private final List<String> asked = new ArrayList<>();

        Recording(long bound, List<Optional<Refusal>> replies) {
            this.bound = bound;
            this.replies = replies;
        }

        @Override
        public long outputBound() {
            return bound;
        }

        @Override
        public Uni<Optional<Refusal>> beforeAttempt(Model model, boolean billedBefore) {
            asked.add(model.name() + " " + billedBefore);
            return Uni.createFrom()
                    .item(asked.size() <= replies.size() ? replies.get(asked.size() - 1) : Optional.empty());
        }
    }
}
