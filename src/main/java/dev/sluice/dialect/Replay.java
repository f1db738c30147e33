package dev.sluice.dialect;

import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Source;
import dev.sluice.Reply.Stream;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Tells events that are all known already: at once, or each after a pause. */
public final class Replay implements Source {
    private static final int OK = 200;

    private final Dialect dialect;
    private final List<SseEvent> events;
    private final Receipt receipt;
    private final Vertx vertx;
    private final long pauseMillis;

    private Replay(Dialect dialect, List<SseEvent> events, Receipt receipt, Vertx vertx, long pauseMillis) {
        this.dialect = dialect;
        this.events = events;
        this.receipt = receipt;
        this.vertx = vertx;
        this.pauseMillis = pauseMillis;
    }

    /** @param events of a finished stream, in order, the terminal one included */
    public static Stream atOnce(Dialect dialect, List<SseEvent> events, Receipt receipt) {
        return stream(new Replay(dialect, events, receipt, null, 0), receipt);
    }

    /**
     * @param events of a finished stream, in order, the terminal one included
     * @param pause before each of them; whole milliseconds
     */
    public static Stream paced(Dialect dialect, List<SseEvent> events, Receipt receipt, Vertx vertx, Duration pause) {
        return stream(new Replay(dialect, events, receipt, vertx, pause.toMillis()), receipt);
    }

    private static Stream stream(Replay source, Receipt receipt) {
        return new Stream(OK, SseEvent.CONTENT_TYPE, source, receipt);
    }

    @Override
    public Multi<List<SseEvent>> tell(UnaryOperator<End> ending) {
        if (pauseMillis > 0) {
            return Multi.createFrom().emitter(emitter -> new Pacer(emitter, ending).start(),
                    BackPressureStrategy.BUFFER);
        }
        return Multi.createFrom().deferred(() -> {
            List<SseEvent> all = new ArrayList<>(events.size() + 1);
            int terminal = firstTerminal();
            all.addAll(events.subList(0, terminal));
            all.add(SseEvent.cost(end(ending, false)));
            all.addAll(events.subList(terminal, events.size()));
            return Multi.createFrom().item(all);
        });
    }

    private int firstTerminal() {
        int i = 0;
        while (i < events.size() && !dialect.isTerminal(events.get(i))) {
            i++;
        }
        return i;
    }

    private Receipt end(UnaryOperator<End> ending, boolean abandoned) {
        return ending.apply(new End(Optional.empty(), abandoned, receipt)).receipt();
    }

    private final class Pacer {
        private final MultiEmitter<? super List<SseEvent>> emitter;
        private final UnaryOperator<End> ending;
        private final int terminal = firstTerminal();
        private int next;
        private long timer;
        private boolean ended;

        Pacer(MultiEmitter<? super List<SseEvent>> emitter, UnaryOperator<End> ending) {
            this.emitter = emitter;
            this.ending = ending;
        }

        void start() {
            emitter.onTermination(this::cancelled);
            timer = vertx.setPeriodic(pauseMillis, fired -> tellNext());
        }

        private void tellNext() {
            if (next < terminal) {
                emitter.emit(List.of(events.get(next++)));
                return;
            }
            vertx.cancelTimer(timer);
            if (end(false)) {
                emitter.complete();
            }
        }

        private boolean end(boolean abandoned) {
            synchronized (this) {
                if (ended) {
                    return false;
                }
                ended = true;
            }
            Receipt last = Replay.this.end(ending, abandoned);
            if (!abandoned) {
                List<SseEvent> rest = new ArrayList<>();
                rest.add(SseEvent.cost(last));
                rest.addAll(events.subList(terminal, events.size()));
                emitter.emit(rest);
            }
            return true;
        }

        private void cancelled() {
            vertx.cancelTimer(timer);
            end(true);
        }
    }
}
