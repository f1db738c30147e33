package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reservation;
import dev.sluice.Route;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Who else can answer when a model cannot? The route's fallbacks are tried in their order (routing left out those that
 * cannot serve this request); what was spent on the others is added to the receipt of whoever comes last.
 *
 * <p>
 * The next model is tried after 502, 503 and 504 (its provider is at fault, has no room, or has spent the budget that
 * limits gave it) and after a provider's 408, 409 and 429. It is not after any refusal that another model would meet
 * too: the caller's own limits (429 of ours) and a missing store (503 store_unavailable).
 */
@Singleton
public final class FallbackStage implements Stage {

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        return attempt(exchange, next, exchange.route().fallbacks());
    }

    private static Uni<Reply> attempt(Exchange exchange, Next next, List<Model> others) {
        Uni<Reply> attempt = next.apply(exchange);
        return others.isEmpty()
                ? attempt
                : attempt.flatMap(reply -> anotherMayAnswer(reply)
                        ? fallBack(exchange, next, others, reply)
                        : Uni.createFrom().item(reply));
    }

    private static Uni<Reply> fallBack(Exchange exchange, Next next, List<Model> others, Reply failed) {
        Exchange retried = exchange.with(to(exchange.route(), others.get(0)))
                .with(after(failed.receipt(), exchange.reservation()));
        return attempt(retried, next, others.subList(1, others.size()))
                .map(last -> last.amend(receipt -> receipt.after(spentOn(failed))));
    }

    private static boolean anotherMayAnswer(Reply reply) {
        if (reply instanceof Answer answer) {
            return answer.status() == 408 || answer.status() == 409 || answer.status() == 429;
        }
        return reply instanceof Refusal refusal && refusal.status() >= 502 && refusal.status() <= 504
                && !refusal.code().filter("store_unavailable"::equals).isPresent();
    }

    private static Route to(Route route, Model model) {
        return new Route(model, route.tier(), route.fallbacks(), route.baseline(), route.dropped());
    }

    /** The first attempt on the next model has to know whether the last one on this model may have been billed. */
    private static Reservation after(Receipt spent, Reservation reservation) {
        return spent.maybeBilled() ? new AfterBilled(reservation, new AtomicBoolean(true)) : reservation;
    }

    private record AfterBilled(Reservation reservation, AtomicBoolean first) implements Reservation {
        @Override
        public long outputBound() {
            return reservation.outputBound();
        }

        @Override
        public Uni<Optional<Refusal>> beforeAttempt(Model model, boolean billedBefore) {
            return reservation.beforeAttempt(model, first.getAndSet(false) || billedBefore);
        }
    }

    private static Receipt spentOn(Reply reply) {
        Receipt receipt = reply.receipt();
        return Receipt.failed(receipt.attempts(), receipt.maybeBilled(), receipt.upstreamNanos());
    }
}
