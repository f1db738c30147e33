package dev.sluice.ledger;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;

/** Books what came of a request: in the meters, and in the accounts unless its settlement has written it there. */
@Singleton
public final class LedgerStage implements Stage {
    private static final int TOO_MANY = 429;

    private final Accounts accounts;
    private final RequestMeters meters;

    LedgerStage(Accounts accounts, RequestMeters meters) {
        this.accounts = accounts;
        this.meters = meters;
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        meters.began();
        return next.apply(exchange)
                .map(reply -> book(exchange, reply))
                .onFailure().invoke(defect -> bookWithoutReply(exchange, Outcome.SERVER_ERROR))
                .onCancellation().invoke(() -> bookWithoutReply(exchange, Outcome.CANCELLED));
    }

    /** A stream when it has ended; what the gateway itself added to the wait is known at its head. */
    private Reply book(Exchange exchange, Reply reply) {
        if (comesAgain(exchange, reply)) {
            meters.ended();
            return reply;
        }
        meters.overhead(exchange, reply.receipt(), System.nanoTime());
        if (reply instanceof Stream stream) {
            return stream.ending(end -> {
                book(exchange, end.receipt(), Outcome.of(end));
                return end;
            });
        }
        book(exchange, reply.receipt(), Outcome.of(reply));
        return reply;
    }

    private void book(Exchange exchange, Receipt receipt, Outcome outcome) {
        meters.ended();
        meters.count(exchange, receipt, outcome);
        String tenant = exchange.caller().tenant();
        if (receipt.booked() && receipt.savedByCache().nanos() == 0) {
            accounts.mention(tenant);
        } else {
            String model = receipt.model().map(Model::name).orElse(Row.NO_MODEL);
            accounts.add(tenant, new Row(exchange.caller().key(), model),
                    receipt.booked() ? Figures.spared(receipt) : Figures.of(receipt, outcome));
        }
    }

    /** Whether nothing has come of it yet: who waits for its rate is not a request that failed, however often it asks. */
    private static boolean comesAgain(Exchange exchange, Reply reply) {
        return exchange.wishes().patient() && reply instanceof Refusal refusal && refusal.status() == TOO_MANY
                && refusal.retryAfterSeconds().isPresent() && refusal.receipt().attempts() == 0;
    }

    /** The client has gone, or we have a defect. */
    private void bookWithoutReply(Exchange exchange, Outcome outcome) {
        meters.ended();
        meters.countWithoutReply(outcome);
        accounts.add(exchange.caller().tenant(), new Row(exchange.caller().key(), Row.NO_MODEL), Figures.failure());
    }
}
