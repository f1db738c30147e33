package dev.sluice.upstream;

import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Source;
import dev.sluice.Usage;
import dev.sluice.config.Settings;
import dev.sluice.dialect.StreamReader;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.impl.ContextInternal;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
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
    /** Of one read; more goes on, or is held back, before the read is over. */
    private static final int MAX_GATHERED_BYTES = 32 << 10;

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

    private final ContextInternal context;
    private final Settings.Provider.Remote provider;
    private final Speech speech;
    private final Owner owner;
    private final ProviderEvents events;
    private final Outlet outlet = new Outlet();
    private final Patience patience;

    private Transport.Wire wire;
    private Transport.Response head;
    private ByteArrayOutputStream whole;
    private boolean begun;
    private boolean reading;
    private boolean paused;
    private boolean over;
    private boolean gone;
    private CallFailed failure;
    private UnaryOperator<End> ending;
    private boolean settling;

    ProviderStream(Vertx vertx, ContextInternal context, Settings.Provider.Remote provider, Speech speech,
            StreamReader reader, Owner owner) {
        this.context = context;
        this.provider = provider;
        this.speech = speech;
        this.owner = owner;
        this.events = new ProviderEvents(speech, reader);
        this.patience = new Patience(vertx, this::isHeldBack, this::giveUp);
    }

    void start(Transport transport, byte[] body) {
        onContext(() -> {
            if (!over) {
                patience.begin(provider.firstByteTimeout());
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
        head = response;
        patience.begin(provider.idleTimeout());
        if (response.status() != OK || !isEventStream(response.contentType())) {
            whole = new ByteArrayOutputStream();
        }
    }

    private static boolean isEventStream(String contentType) {
        return contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith(SseEvent.CONTENT_TYPE);
    }

    @Override
    public void data(Buffer piece) {
        if (over) {
            return; // what comes after the terminal event
        }
        patience.heard();
        if (whole != null) {
            addToWhole(piece);
            return;
        }
        events.feed(piece);
        begin();
        if (events.over()) {
            conclude(failed(events.fault()));
        } else if (events.waitingBytes() >= MAX_GATHERED_BYTES) {
            handOn();
        } else if (!reading) {
            reading = true;
            context.runOnContext(later -> endOfRead());
        }
    }

    /** What came with one read, which may be many pieces, goes on together. */
    private void endOfRead() {
        reading = false;
        handOn();
    }

    private void handOn() {
        outlet.add(events.take());
        drain();
    }

    private void begin() {
        if (!begun && events.begun()) {
            begun = true;
            owner.begun();
        }
    }

    private void addToWhole(Buffer piece) {
        whole.writeBytes(piece.getBytes());
        if (whole.size() > RestTransport.MAX_ANSWER_BYTES) {
            conclude(fault("sent more than " + RestTransport.MAX_ANSWER_BYTES + " bytes", Outcome.INVALID_ANSWER));
        }
    }

    @Override
    public void end() {
        if (over) {
            patience.end();
        } else if (whole != null) {
            over = true;
            patience.end();
            owner.answered(head.with(whole.toByteArray()));
        } else {
            events.close();
            begin();
            conclude(failed(events.fault()));
        }
    }

    @Override
    public void failed(TransportFault fault) {
        conclude(CallFailed.forNow(Refusals.upstreamError(provider.name(), fault.getMessage(), fault.sent()),
                Outcome.CONNECTION, OptionalLong.empty()));
    }

    private CallFailed failed(ProviderEvents.Fault fault) {
        return fault == null ? null : fault(fault.predicate(), fault.outcome());
    }

    private CallFailed fault(String predicate, Outcome outcome) {
        return CallFailed.forNow(Refusals.upstreamError(provider.name(), predicate, true), outcome,
                OptionalLong.empty());
    }

    private boolean isHeldBack() {
        return paused && !isBegunWithNobody();
    }

    private boolean isBegunWithNobody() {
        return begun && !outlet.isOpen();
    }

    private void giveUp() {
        if (over) {
            wire.close(); // the terminal event was not the end of the response
        } else if (isBegunWithNobody()) {
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
        outlet.add(events.take());
        if (reason != null) {
            patience.end();
            if (wire != null) {
                wire.close();
            }
        } else if (paused) {
            paused = false;
            wire.resume(); // to the end of the response, for the connection's next request
        }
        owner.over(reason);
        if (outlet.isOpen()) {
            settle();
            drain();
        }
    }

    // the client's side

    @Override
    public Multi<List<SseEvent>> tell(UnaryOperator<End> composed) {
        return Multi.createFrom().publisher(listener -> onContext(() -> {
            ending = composed;
            outlet.open(listener, new Flow.Subscription() {
                @Override
                public void request(long n) {
                    onContext(() -> {
                        outlet.request(n);
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
        if (!outlet.isClosed()) {
            outlet.close();
            gone = !over;
            conclude(CallFailed.byUs(Refusals.clientGone()));
        }
    }

    private void drain() {
        outlet.drain();
        pauseIf(outlet.isOpen() ? !outlet.isEmpty() : begun);
    }

    private void pauseIf(boolean full) {
        if (full != paused && !over && wire != null) {
            paused = full;
            if (full) {
                wire.pause();
            } else {
                patience.heard();
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
        StreamReader reader = events.reader();
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
        if (outlet.isClosed()) {
            return;
        }
        List<SseEvent> last = new ArrayList<>(3);
        last.add(SseEvent.cost(receipt));
        if (failure == null || events.fault() != null && events.fault().told()) {
            last.addAll(events.terminal()); // some dialects tell a fault with an event that ends
        } else {
            last.add(speech.client().errorEvent(refusal()));
        }
        outlet.finish(last);
        drain();
    }

    private Refusal refusal() {
        return (Refusal) failure.reply();
    }
}
