package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.dialect.Dialect;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;

/**
 * One request's dealings with one provider, retries included. The guards do not pass a cancellation on, so it is done
 * here, by ending the attempt that is running.
 */
final class ProviderCall {
    private final OpenAiProvider provider;
    private final Guards guards;
    private final Exchange exchange;
    private final Model model;
    private final Dialect dialect;
    private final Outbound outbound;
    private final long startNanos = System.nanoTime();
    // Attempts follow one another, but not always on the same thread.
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
        this.dialect = Dialect.of(exchange.request().endpoint());
        this.outbound = Outbound.of(exchange.request(), model, exchange.reservation().outputBound(), dialect,
                provider.settings().baseUrl().getHost());
    }

    Uni<Reply> run() {
        return guards.guarding(this::attempt).map(answer -> (Reply) answer)
                .onFailure(CallFailed.class).recoverWithItem(failure -> ((CallFailed) failure).reply())
                .onFailure(CircuitBreakerOpenException.class).recoverWithItem(this::leftAlone)
                .map(this::withReceipt)
                .onCancellation().invoke(this::abandon);
    }

    private Uni<Answer> attempt() {
        return exchange.reservation().beforeAttempt(model, lastMaybeBilled)
                .flatMap(refusal -> refusal.isPresent()
                        ? Uni.createFrom().failure(CallFailed.byUs(refusal.get()))
                        : Uni.createFrom().<Answer>emitter(emitter -> send(emitter)));
    }

    private void send(UniEmitter<? super Answer> emitter) {
        if (abandoned) {
            emitter.fail(CallFailed.byUs(gone()));
        } else if (!guards.enter()) {
            emitter.fail(CallFailed
                    .byUs(Refusals.overloaded(provider.settings().name(), provider.settings().maxConcurrent())));
        } else {
            new Attempt(emitter).start();
        }
    }

    private Reply leftAlone() {
        return Refusals.circuitOpen(provider.settings().name(), guards.openForMillis());
    }

    private void abandon() {
        abandoned = true;
        Attempt attempt = running;
        if (attempt != null) {
            attempt.end(CallFailed.byUs(gone()));
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
        private final long timer;
        private volatile Cancellable wire;

        Attempt(UniEmitter<? super Answer> emitter) {
            this.emitter = emitter;
            attempts++;
            lastMaybeBilled = false;
            long timeout = provider.settings().timeout().toMillis();
            timer = provider.vertx().setTimer(timeout, fired -> end(
                    CallFailed.forGood(Refusals.timeout(provider.settings().name(), timeout), Outcome.TIMEOUT)));
        }

        void start() {
            running = this;
            wire = provider.transport().post(exchange.request().endpoint(), outbound.bytes()).subscribe()
                    .with(this::answered, this::broken);
            if (abandoned) {
                end(CallFailed.byUs(gone()));
            }
            if (ended.get()) {
                wire.cancel(); // who ended it may have come before there was a wire
            }
        }

        private void answered(Transport.Response response) {
            if (ended.compareAndSet(false, true)) {
                try {
                    Answer answer = provider.judge().judge(response, dialect, model, outbound.bytes().length);
                    leave(answer.ok() ? Outcome.SUCCESS : Outcome.CLIENT_ERROR, answer);
                    emitter.complete(answer);
                } catch (CallFailed failure) {
                    fail(failure);
                } catch (RuntimeException defect) {
                    leave(Outcome.INVALID_ANSWER,
                            Refusals.upstreamError(provider.settings().name(), "sent an answer that could not be read",
                                    true));
                    emitter.fail(defect);
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

        /** From outside: closes the connection. */
        void end(CallFailed reason) {
            if (ended.compareAndSet(false, true)) {
                Cancellable open = wire;
                if (open != null) {
                    open.cancel();
                }
                fail(reason);
            }
        }

        private void fail(CallFailed failure) {
            leave(failure.outcome(), failure.reply());
            emitter.fail(failure);
        }

        private void leave(Outcome outcome, Reply reply) {
            provider.vertx().cancelTimer(timer);
            guards.leave();
            lastMaybeBilled = reply.receipt().maybeBilled();
            maybeBilled |= lastMaybeBilled;
            provider.ended(model, outcome, System.nanoTime() - sentNanos);
        }
    }
}
