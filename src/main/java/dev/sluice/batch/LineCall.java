package dev.sluice.batch;

import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * A line under way. Where quota is missing that comes back by waiting (429 with a Retry-After) it waits for as long as it
 * takes, and asks again; where something is out of order for a while (503 with a Retry-After), it does so only
 * {@value #MOST_OUTAGES} times.
 */
final class LineCall {
    static final int MOST_OUTAGES = 10;
    private static final int TOO_MANY = 429;
    private static final int UNAVAILABLE = 503;
    private static final long SECOND = 1000;

    private final Supplier<Uni<Reply>> asking;
    private final Timer timer;
    private final BiConsumer<Reply, Money> done;
    private Money spent = Money.ZERO;
    private int outages;
    private boolean cancelled;
    private Cancellable running = () -> {};

    /** Runs something later, in milliseconds, on the same thread; unless it is cancelled before. */
    @FunctionalInterface
    interface Timer {
        Cancellable after(long millis, Runnable then);
    }

    /**
     * @param asking never fails; answers on the thread that all this runs on
     * @param done is told what it came to, and what was spent on it in all
     */
    LineCall(Supplier<Uni<Reply>> asking, Timer timer, BiConsumer<Reply, Money> done) {
        this.asking = asking;
        this.timer = timer;
        this.done = done;
    }

    void start() {
        if (!cancelled) {
            boolean[] replied = new boolean[1];
            Cancellable call = asking.get().subscribe().with(reply -> {
                replied[0] = true;
                replied(reply);
            });
            if (!replied[0]) { // else there may be a timer by now, which is what is to be cancelled
                running = call;
            }
        }
    }

    private void replied(Reply reply) {
        if (cancelled) {
            return;
        }
        spent = spent.plus(reply.receipt().cost());
        OptionalLong seconds = retryAfter(reply);
        if (seconds.isPresent() && isWorthWaiting(reply.status())) {
            running = timer.after(pause(seconds.getAsLong()), this::start);
        } else {
            done.accept(reply, spent);
        }
    }

    private boolean isWorthWaiting(int status) {
        return status == TOO_MANY || status == UNAVAILABLE && outages++ < MOST_OUTAGES;
    }

    private static OptionalLong retryAfter(Reply reply) {
        if (reply instanceof Refusal refusal) {
            return refusal.retryAfterSeconds();
        }
        return reply instanceof Answer answer ? answer.retryAfterSeconds() : OptionalLong.empty();
    }

    /** Retry-After is rounded up to a whole second: lines come back spread over the last one, not all at its end. */
    private static long pause(long seconds) {
        return Math.max(0, seconds - 1) * SECOND + ThreadLocalRandom.current().nextLong(1, SECOND + 1);
    }

    /** The client has gone. */
    void cancel() {
        cancelled = true;
        running.cancel();
    }
}
