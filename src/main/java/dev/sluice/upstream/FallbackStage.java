package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.Reservation;
import dev.sluice.Route;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Who else can answer when a model cannot? The route's fallbacks are tried in their order; what was spent on the others
 * is added to the receipt of whoever comes last.
 *
 * <p>
 * The next model is tried after 502, 503 and 504 (its provider is at fault, has no room, or has spent the budget that
 * limits gave it) and after a provider's 408, 409 and 429. It is not after any refusal that another model would meet
 * too: the caller's own limits (429 of ours) and a missing store (503 store_unavailable).
 */
@Singleton
public final class FallbackStage implements Stage {
    private static final int BYTES_PER_TOKEN = 4;

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        Route route = exchange.route();
        return route.fallbacks().isEmpty() ? next.apply(exchange) : attempt(exchange, next, route.fallbacks());
    }

    private static Uni<Reply> attempt(Exchange exchange, Next next, List<Model> others) {
        return next.apply(exchange).flatMap(reply -> {
            int following = anotherMayAnswer(reply) ? firstUsable(exchange, others) : others.size();
            if (following == others.size()) {
                return Uni.createFrom().item(reply);
            }
            Exchange retried = exchange.with(to(exchange.route(), others.get(following)))
                    .with(after(reply.receipt(), exchange.reservation()));
            return attempt(retried, next, others.subList(following + 1, others.size()))
                    .map(last -> last.with(last.receipt().after(spentOn(reply))));
        });
    }

    private static boolean anotherMayAnswer(Reply reply) {
        if (reply instanceof Answer answer) {
            return answer.status() == 408 || answer.status() == 409 || answer.status() == 429;
        }
        Refusal refusal = (Refusal) reply;
        return refusal.status() >= 502 && refusal.status() <= 504
                && !refusal.code().filter("store_unavailable"::equals).isPresent();
    }

    private static int firstUsable(Exchange exchange, List<Model> others) {
        int i = 0;
        while (i < others.size() && !usable(exchange, others.get(i))) {
            i++;
        }
        return i;
    }

    private static boolean usable(Exchange exchange, Model model) {
        return exchange.caller().mayUse(model.name()) && fits(exchange.request(), model);
    }

    /** Whether the context window may be large enough; where that is close, the provider is the better judge. */
    private static boolean fits(Request request, Model model) {
        long tokens = request.body().bytes().length / BYTES_PER_TOKEN + request.outputBound();
        return model.contextWindow() == 0 || tokens <= model.contextWindow();
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
