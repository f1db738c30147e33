package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Sharing;
import dev.sluice.Stage.Next;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.impl.ContextInternal;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One request of a {@link Flight}. What runs for it, and what it is given, is so on the event loop that it came in on,
 * whichever it learns of it on.
 */
final class Member implements Sharing {
    private final Identity identity;
    private final Exchange exchange;
    private final Next next;
    private final UniEmitter<? super Reply> emitter;
    private final ContextInternal context = ContextInternal.current();
    private volatile boolean alone;
    private volatile boolean gone;
    private volatile boolean served;
    private volatile Cancellable call;
    private volatile Runnable waited = () -> {};

    Member(Identity identity, Exchange exchange, Next next, UniEmitter<? super Reply> emitter) {
        this.identity = identity;
        this.exchange = exchange;
        this.next = next;
        this.emitter = emitter;
    }

    Exchange exchange() {
        return exchange;
    }

    @Override
    public Optional<String> identity() {
        return Optional.of(identity.value());
    }

    @Override
    public boolean alone() {
        return alone;
    }

    @Override
    public boolean abandoned() {
        return gone || exchange.sharing().abandoned();
    }

    /** Its client has gone. */
    void leave() {
        gone = true;
        waited.run();
    }

    boolean gone() {
        return gone;
    }

    /** To be done when it waits no longer for another's answer; before it is asked for, on the same thread. */
    void afterWaiting(Runnable action) {
        waited = action;
    }

    /** Is served for all, or on its own account. */
    void serve(Consumer<Reply> replied, Consumer<Throwable> failed) {
        onItsLoop(() -> call = next.apply(exchange.with(this)).subscribe().with(replied, failed));
    }

    void serveAlone() {
        waited.run();
        alone = true;
        serve(this::give, this::fail);
        if (gone) {
            cancel();
        }
    }

    void cancel() {
        onItsLoop(() -> {
            Cancellable running = call;
            if (running != null) {
                running.cancel();
            }
        });
    }

    /** Whether it has got its reply. */
    boolean served() {
        return served;
    }

    void give(Reply reply) {
        served = true;
        waited.run();
        onItsLoop(() -> emitter.complete(reply));
    }

    void fail(Throwable defect) {
        served = true;
        onItsLoop(() -> emitter.fail(defect));
    }

    private void onItsLoop(Runnable action) {
        if (context == null || context == ContextInternal.current()) {
            action.run();
        } else {
            context.runOnContext(there -> action.run());
        }
    }
}
