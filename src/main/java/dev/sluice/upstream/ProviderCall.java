package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;

/**
 * One request's dealings with one provider, retries included. The guards neither pass a cancellation on nor end what has
 * timed out; both is done here, by ending the attempt that is running.
 */
final class ProviderCall {
    private final OpenAiProvider provider;
    private final Guards guards;
    private final Exchange exchange;
    private final Model model;
    private final Outbound outbound;
    private final long startNanos = System.nanoTime();
    private volatile int attempts;
    private volatile boolean maybeBilled;
    private volatile boolean lastMaybeBilled;
    private volatile Attempt running;
    private volatile boolean abandoned;

    ProviderCall(OpenAiProvider provider, Exchange exchange, Model model) {
        this.provider = provider;
        this.guards = provider.guards();
        this.exchange = exchange;
        this.model = model;
        this.outbound = Outbound.of(exchange.request(), model, exchange.reservation().outputBound(),
                provider.boundName());
    }

    Uni<Reply> run() {
        return guards.retrying(this::attempt).map(answer -> (Reply) answer)
                .onFailure(CallFailed.class).recoverWithItem(failure -> ((CallFailed) failure).reply())
                .map(this::withReceipt)
                .onCancellation().invoke(this::abandon);
    }

    private Uni<Answer> attempt() {
        return exchange.reservation().beforeAttempt(model, lastMaybeBilled)
                .flatMap(refusal -> refusal.isPresent()
                        ? Uni.createFrom().failure(CallFailed.byUs(refusal.get()))
                        : guards.guarding(this::send).onFailure().transform(this::explained));
    }

    private Uni<Answer> send() {
        return Uni.createFrom().emitter(emitter -> {
            if (abandoned) {
                emitter.fail(CallFailed.byUs(gone()));
            } else if (!guards.enter()) {
                emitter.fail(CallFailed
                        .byUs(Refusals.overloaded(provider.settings().name(), provider.settings().maxConcurrent())));
            } else {
                new Attempt(emitter).start();
            }
        });
    }

    private Throwable explained(Throwable failure) {
        if (failure instanceof TimeoutException) {
            Refusal refusal = Refusals.timeout(provider.settings().name(), provider.settings().timeout().toMillis());
            remember(refusal);
            end(Outcome.TIMEOUT);
            return CallFailed.forGood(refusal, Outcome.TIMEOUT);
        }
        if (failure instanceof CircuitBreakerOpenException) {
            return CallFailed.byUs(Refusals.circuitOpen(provider.settings().name(), guards.openForMillis()));
        }
        return failure;
    }

    private void remember(Reply reply) {
        lastMaybeBilled = reply.receipt().maybeBilled();
        maybeBilled |= lastMaybeBilled;
    }

    private void abandon() {
        abandoned = true;
        end(Outcome.CANCELLED);
    }

    private void end(Outcome outcome) {
        Attempt attempt = running;
        if (attempt != null) {
            attempt.end(outcome);
        }
    }

    /** Nobody is there to read it. */
    private static Refusal gone() {
        return Refusal.of(499, "client_closed_request", "client_closed_request", "The client has gone away.");
    }

    private Reply withReceipt(Reply reply) {
        Receipt receipt = reply.receipt().after(Receipt.failed(attempts, maybeBilled, System.nanoTime() - startNanos));
        return reply.with(reply instanceof Answer && outbound.cutShort() ? receipt.asCutShort() : receipt);
    }

    /** One call on the wire; ended once, by whoever comes first: the answer, a fault, the time-out or the client. */
    private final class Attempt {
        private final UniEmitter<? super Answer> emitter;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final long sentNanos = System.nanoTime();
        private volatile Cancellable exchangeOnTheWire;

        Attempt(UniEmitter<? super Answer> emitter) {
            this.emitter = emitter;
        }

        void start() {
            attempts++;
            lastMaybeBilled = false;
            running = this;
            exchangeOnTheWire = provider.transport().post(exchange.request().endpoint(), outbound.bytes()).subscribe()
                    .with(this::answered, this::broken);
            if (abandoned || ended.get()) {
                end(Outcome.CANCELLED);
                exchangeOnTheWire.cancel();
            }
        }

        private void answered(Transport.Response response) {
            if (ended.compareAndSet(false, true)) {
                try {
                    Answer answer = provider.judge().judge(response, model, outbound.bytes().length);
                    leave(answer.ok() ? Outcome.SUCCESS : Outcome.CLIENT_ERROR);
                    remember(answer);
                    emitter.complete(answer);
                } catch (CallFailed failure) {
                    fail(failure);
                }
            }
        }

        private void broken(Throwable failure) {
            if (ended.compareAndSet(false, true)) {
                boolean sent = !(failure instanceof TransportFault fault) || fault.sent();
                String what = failure instanceof TransportFault ? failure.getMessage() : "could not be understood";
                fail(CallFailed.forNow(Refusals.upstreamError(provider.settings().name(), what, sent),
                        Outcome.CONNECTION, OptionalLong.empty()));
            }
        }

        private void fail(CallFailed failure) {
            leave(failure.outcome());
            remember(failure.reply());
            emitter.fail(failure);
        }

        /** From outside: closes the connection. */
        void end(Outcome outcome) {
            if (ended.compareAndSet(false, true)) {
                leave(outcome);
                Cancellable wire = exchangeOnTheWire;
                if (wire != null) {
                    wire.cancel();
                }
                emitter.fail(CallFailed.byUs(gone()));
            }
        }

        private void leave(Outcome outcome) {
            guards.leave();
            provider.ended(model, outcome, System.nanoTime() - sentNanos);
        }
    }
}
