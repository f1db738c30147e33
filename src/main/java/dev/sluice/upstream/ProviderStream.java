package dev.sluice.upstream;

import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Source;
import dev.sluice.Usage;
import dev.sluice.config.Settings;
import dev.sluice.dialect.StreamReader;
import dev.sluice.sse.SseEvent;
import dev.sluice.sse.SseParser;
import dev.sluice.translation.StreamTranslation;
import dev.sluice.translation.UnreadableAnswer;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.impl.ContextInternal;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import java.util.function.UnaryOperator;

/**
 * One call to a provider whose answer comes in events. Everything happens on the context of the request; what comes from
 * elsewhere is taken there. Between the network and the client at most what came with one read is kept: while the client
 * does not ask for more, the provider's bytes stay in the network.
 * <p>
 * Until the first event the call may fail and be repeated; from then on it is told to the client, and whatever happens is
 * the end of it.
 */
final class ProviderStream implements Transport.Receiver, Source {
    private static final int OK = 200;
    /** Far above what any provider sends, and few enough to wait for in memory. */
    private static final int MAX_EVENT_BYTES = 16 << 20;
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Who made the call. */
    interface Owner {

        /** The first event is here. */
        void begun();

        /** What came is no stream: an error, or an answer told whole all the same. The call is over. */
        void answered(Transport.Response whole);

        /** The call is over, once: null when it was told to its end. */
        void over(CallFailed failure);

        /** What is known of the request when its stream has come to its end. */
        Receipt receipt(Usage usage, boolean counted);

        /** What was used, where the provider has not told it to the end. */
        Uni<Usage> count(StreamReader reader);
    }

    private final Vertx vertx;
    private final ContextInternal context;
    private final Settings.Provider.OpenAi provider;
    private final Speech speech;
    private final StreamReader reader;
    private final StreamTranslation translation;
    private final Owner owner;
    private final SseParser parser = new SseParser(MAX_EVENT_BYTES);
    private final Deque<List<SseEvent>> ready = new ArrayDeque<>();

    private Transport.Wire wire;
    private Transport.Response head;
    private ByteArrayOutputStream whole;
    private long timer;
    private long lastNanos = System.nanoTime();
    private boolean begun;
    private boolean paused;
    private boolean over;
    private boolean gone;
    private CallFailed failure;
    private boolean faultTold;
    private final List<SseEvent> terminal = new ArrayList<>(1);
    private boolean ended;

    private Flow.Subscriber<? super List<SseEvent>> subscriber;
    private UnaryOperator<End> ending;
    private long demand;
    private boolean settling;
    private boolean draining;
    private boolean lastIsReady;
    private boolean completed;

    ProviderStream(Vertx vertx, ContextInternal context, Settings.Provider.OpenAi provider, Speech speech,
            StreamReader reader, Owner owner) {
        this.vertx = vertx;
        this.context = context;
        this.provider = provider;
        this.speech = speech;
        this.translation = speech.stream();
        this.reader = reader;
        this.owner = owner;
    }

    void start(Transport transport, byte[] body) {
        onContext(() -> {
            if (!over) {
                lastNanos = System.nanoTime();
                arm(provider.firstByteTimeout().toNanos());
                wire = transport.open(speech.provider().endpoint(), speech.headers(), body, this);
            }
        });
    }

    /** Ends the call before anybody listens to it. */
    void close(CallFailed reason) {
        onContext(() -> conclude(reason));
    }

    private void onContext(Runnable work) {
        if (context.nettyEventLoop().inEventLoop()) {
            work.run();
        } else {
            context.runOnContext(later -> work.run());
        }
    }

    // the provider's side

    @Override
    public void head(Transport.Response response) {
        lastNanos = System.nanoTime();
        head = response;
        vertx.cancelTimer(timer);
        arm(provider.idleTimeout().toNanos());
        if (response.status() != OK || !isEventStream(response.contentType())) {
            whole = new ByteArrayOutputStream();
        }
    }

    private static boolean isEventStream(String contentType) {
        return contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith(SseEvent.CONTENT_TYPE);
    }

    @Override
    public void data(Buffer piece) {
        lastNanos = System.nanoTime();
        if (whole != null) {
            addToWhole(piece);
            return;
        }
        if (over) {
            return; // what comes after the terminal event
        }
        List<SseEvent> batch = new ArrayList<>();
        try {
            parser.feed(piece.getBytes(), event -> take(event, batch));
        } catch (IllegalStateException e) {
            failure = fault("sent an event of more than " + MAX_EVENT_BYTES + " bytes", Outcome.INVALID_ANSWER);
        }
        if (!batch.isEmpty()) {
            ready.add(batch);
        }
        if (failure != null || ended) {
            conclude(failure);
        } else {
            drain();
        }
    }

    private void addToWhole(Buffer piece) {
        whole.writeBytes(piece.getBytes());
        if (whole.size() > RestTransport.MAX_ANSWER_BYTES) {
            conclude(fault("sent more than " + RestTransport.MAX_ANSWER_BYTES + " bytes", Outcome.INVALID_ANSWER));
        }
    }

    private void take(SseEvent event, List<SseEvent> batch) {
        if (ended || failure != null) {
            return;
        }
        SseEvent read = reader.read(event);
        if (reader.failed()) {
            failure = fault("reported a fault instead of an answer", Outcome.SERVER_ERROR);
            faultTold = begun;
            if (begun) {
                tell(read, batch);
            }
            return;
        }
        ended = speech.provider().isTerminal(read);
        tell(read, batch);
        if (ended && !begun && failure == null) {
            failure = fault("ended its answer before it began", Outcome.INVALID_ANSWER);
        }
    }

    private void tell(SseEvent read, List<SseEvent> batch) {
        if (translation == null) {
            add(read, batch);
            return;
        }
        try {
            translation.take(read).forEach(event -> add(event, batch));
        } catch (UnreadableAnswer e) {
            failure = fault(e.getMessage(), Outcome.INVALID_ANSWER);
            faultTold = false;
        }
    }

    /** What ends the answer waits until its cost is told. */
    private void add(SseEvent event, List<SseEvent> batch) {
        if (!terminal.isEmpty() || speech.client().isTerminal(event)) {
            terminal.add(event);
            return;
        }
        batch.add(event);
        if (!begun && event.hasData()) {
            begun = true;
            owner.begun();
        }
    }

    @Override
    public void end() {
        if (whole != null) {
            if (!over) {
                over = true;
                vertx.cancelTimer(timer);
                owner.answered(head.with(whole.toByteArray()));
            }
        } else if (over) {
            vertx.cancelTimer(timer);
        } else {
            conclude(reader.isComplete() ? tellTheRest() : cutOff());
        }
    }

    /** The provider has forgotten the terminal event, which a translation can supply. */
    private CallFailed tellTheRest() {
        if (translation != null) {
            List<SseEvent> batch = new ArrayList<>();
            translation.end().forEach(event -> add(event, batch));
            if (!batch.isEmpty()) {
                ready.add(batch);
            }
        }
        return begun ? null : cutOff();
    }

    private CallFailed cutOff() {
        return fault("closed the connection before its answer was complete", Outcome.CONNECTION);
    }

    @Override
    public void failed(TransportFault fault) {
        conclude(CallFailed.forNow(Refusals.upstreamError(provider.name(), fault.getMessage(), fault.sent()),
                Outcome.CONNECTION, OptionalLong.empty()));
    }

    private CallFailed fault(String predicate, Outcome outcome) {
        return CallFailed.forNow(Refusals.upstreamError(provider.name(), predicate, true), outcome,
                OptionalLong.empty());
    }

    /** One timer for the whole stream: it looks when the last byte came, instead of being set anew with each. */
    private void arm(long nanos) {
        timer = vertx.setTimer(Math.max(1, (nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI), fired -> look());
    }

    private void look() {
        if (over) {
            wire.close(); // the terminal event was not the end of the response
            return;
        }
        boolean begunWithNobody = begun && subscriber == null;
        long patience = (head == null ? provider.firstByteTimeout() : provider.idleTimeout()).toNanos();
        long silent = paused && !begunWithNobody ? 0 : System.nanoTime() - lastNanos;
        if (silent < patience) {
            arm(patience - silent);
        } else if (begunWithNobody) {
            conclude(CallFailed.byUs(Refusals.clientGone()));
        } else {
            conclude(CallFailed.forGood(head == null
                    ? Refusals.timeout(provider.name(), provider.firstByteTimeout().toMillis())
                    : Refusals.idle(provider.name(), provider.idleTimeout().toMillis()), Outcome.TIMEOUT));
        }
    }

    private void conclude(CallFailed reason) {
        if (over) {
            return;
        }
        over = true;
        failure = reason;
        if (reason != null) {
            vertx.cancelTimer(timer);
            if (wire != null) {
                wire.close();
            }
        } else if (paused) {
            paused = false;
            wire.resume(); // to the end of the response, for the connection's next request
        }
        owner.over(reason);
        if (subscriber != null) {
            settle();
            drain();
        }
    }

    // the client's side

    @Override
    public Multi<List<SseEvent>> tell(UnaryOperator<End> composed) {
        return Multi.createFrom().publisher(listener -> onContext(() -> {
            ending = composed;
            subscriber = listener;
            listener.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long n) {
                    onContext(() -> {
                        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                        drain();
                    });
                }

                @Override
                public void cancel() {
                    onContext(ProviderStream.this::leave);
                }
            });
            if (over) {
                settle();
            }
            drain();
        }));
    }

    private void leave() {
        if (!completed) {
            completed = true;
            gone = !over;
            ready.clear();
            conclude(CallFailed.byUs(Refusals.clientGone()));
        }
    }

    private void drain() {
        if (draining || subscriber == null) {
            pauseIf(begun);
            return;
        }
        draining = true;
        while (!completed && demand > 0 && !ready.isEmpty()) {
            demand--;
            subscriber.onNext(ready.poll());
        }
        draining = false;
        if (!completed && lastIsReady && ready.isEmpty()) {
            completed = true;
            subscriber.onComplete();
        }
        pauseIf(!ready.isEmpty());
    }

    private void pauseIf(boolean full) {
        if (full != paused && !over && wire != null) {
            paused = full;
            if (full) {
                wire.pause();
            } else {
                lastNanos = System.nanoTime();
                wire.resume();
            }
        }
    }

    /** Has the end told to whoever waits for it, and then to the client. */
    private void settle() {
        if (settling) {
            return;
        }
        settling = true;
        Optional<Usage> told = failure == null ? reader.usage() : Optional.empty();
        if (told.isPresent()) {
            settled(told.get(), false);
        } else {
            owner.count(reader).subscribe().with(usage -> onContext(() -> settled(usage, true)),
                    defect -> onContext(() -> settled(reader.usage().orElse(Usage.NONE), true)));
        }
    }

    private void settled(Usage usage, boolean counted) {
        Optional<Refusal> refusal = failure == null || gone ? Optional.empty() : Optional.of(refusal());
        Receipt receipt = ending.apply(new End(refusal, gone, owner.receipt(usage, counted))).receipt();
        if (completed) {
            return;
        }
        List<SseEvent> last = ready.isEmpty() ? new ArrayList<>(2) : ready.peekLast();
        last.add(SseEvent.cost(receipt));
        if (failure == null || faultTold) {
            last.addAll(terminal); // some dialects tell a fault with an event that ends
        } else {
            last.add(speech.client().errorEvent(refusal()));
        }
        if (ready.isEmpty()) {
            ready.add(last);
        }
        lastIsReady = true;
        drain();
    }

    private Refusal refusal() {
        return (Refusal) failure.reply();
    }
}
