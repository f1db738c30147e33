package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Sharing;
import dev.sluice.Stage;
import dev.sluice.config.Settings;
import dev.sluice.json.CanonicalForm;
import dev.sluice.redis.ForCache;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * A request that its client gives a name ({@code Idempotency-Key}) is answered once: under the same name and with the same
 * body the first complete answer is given again for {@link #REMEMBERED}, or waited for while it is made; with another body
 * the name is refused. A name counts for one key and one endpoint. Errors are not remembered, nor are answers larger than
 * an entry of the cache may be; a cache that is turned off, or left out by the client, makes no difference.
 * <p>
 * A client that names its request is likely to come back for the answer: the call goes on when it leaves, unless it has
 * begun to read a stream that nobody else listens to. Without Redis nothing is remembered, and requests are served as
 * though they had no name.
 */
@Singleton
public final class IdempotencyStage implements Stage {
    static final Duration REMEMBERED = Duration.ofHours(24);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);
    private static final Logger LOG = Logger.getLogger(IdempotencyStage.class);
    private static final byte[] MARK = "answer ".getBytes(StandardCharsets.US_ASCII);

    private final SharedStore store;
    private final Leases leases;
    private final Waiting waiting;
    private final Relay relay;
    private final Vertx vertx;
    private final EntryCodec codec;
    private final Map<String, Model> models;

    @Inject
    IdempotencyStage(@ForCache SharedStore store, Leases leases, Waiting waiting, Relay relay, Vertx vertx,
            Settings settings) {
        this(store, leases, waiting, relay, vertx, settings.cache(), settings.models());
    }

    IdempotencyStage(SharedStore store, Leases leases, Waiting waiting, Relay relay, Vertx vertx,
            Settings.Cache settings, Map<String, Model> models) {
        this.store = store;
        this.leases = leases;
        this.waiting = waiting;
        this.relay = relay;
        this.vertx = vertx;
        this.codec = EntryCodec.of(settings);
        this.models = models;
    }

    /** What stands under a name: nothing, a lease, or an answer. */
    private record Seen(Lease lease, byte[] answer) {
        static final Seen UNKNOWN = new Seen(null, null);
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        Optional<String> name = exchange.wishes().idempotencyKey();
        if (name.isEmpty()) {
            return next.apply(exchange);
        }
        return Uni.createFrom().deferred(() -> {
            String body = digest(exchange);
            Lease wanted = leases.next(place(exchange, name.get()), body);
            Joining joining = new Joining(relay, identity(wanted), scope(exchange), exchange,
                    new CacheStatus.Replayed(), model -> Optional.ofNullable(models.get(model)));
            return waiting.look(wanted, LONGEST_WAIT, () -> look(wanted).flatMap(seen -> join(joining, seen, wanted)),
                    seen -> joining.joined().isPresent() ? null : runsFor(seen.lease(), body), joining.wanted())
                    .flatMap(seen -> joining.joined().isPresent()
                            ? Uni.createFrom().item(joining.joined().get())
                            : decide(seen, wanted, exchange, next));
        });
    }

    private static Lease runsFor(Lease lease, String body) {
        return lease != null && lease.purpose().equals(body) ? lease : null;
    }

    private static Uni<Seen> join(Joining joining, Seen seen, Lease wanted) {
        Lease running = runsFor(seen.lease(), wanted.purpose());
        return Waiting.isOthers(running, wanted) ? joining.look(running, seen) : Uni.createFrom().item(seen);
    }

    private Uni<Seen> look(Lease wanted) {
        return leases.find(wanted).map(found -> {
            if (found == null) {
                return new Seen(wanted, null);
            }
            Lease standing = Lease.read(wanted.key(), found);
            return new Seen(standing, standing == null ? found : null);
        }).onFailure().recoverWithItem(away -> {
            LOG.debugf("An Idempotency-Key could not be looked up: %s", away.getMessage());
            leases.release(wanted);
            return Seen.UNKNOWN;
        });
    }

    private Uni<Reply> decide(Seen seen, Lease wanted, Exchange exchange, Next next) {
        String body = wanted.purpose();
        if (seen.lease() != null && !seen.lease().purpose().equals(body)
                || seen.answer() != null && isAnswerTo(seen.answer()) && !isAnswerTo(seen.answer(), body)) {
            return Uni.createFrom().item(mismatch());
        }
        if (wanted.equals(seen.lease())) {
            return first(wanted, exchange, next);
        }
        Optional<Reply> known = seen.answer() == null ? Optional.empty() : read(seen.answer(), wanted, exchange);
        return known.isPresent() ? Uni.createFrom().item(known.get()) : next.apply(exchange);
    }

    private static Refusal mismatch() {
        return Refusal.of(422, "invalid_request_error", "idempotency_mismatch",
                "This `Idempotency-Key` has been used for another request within 24 hours: a new request needs a new one.");
    }

    /** Runs to its end whoever leaves. */
    private Uni<Reply> first(Lease lease, Exchange exchange, Next next) {
        leases.hold(lease);
        return Uni.createFrom().emitter(emitter -> {
            Run run = new Run();
            emitter.onTermination(run::left);
            next.apply(exchange.with(run)).subscribe().with(reply -> {
                run.ended = true;
                Reply remembered = remembered(reply, lease, exchange);
                if (remembered instanceof Stream stream) {
                    tell(stream, lease, exchange, run, emitter);
                } else {
                    emitter.complete(remembered);
                }
            }, defect -> {
                run.ended = true;
                leases.release(lease);
                emitter.fail(defect);
            });
        });
    }

    /** Others who ask for it by its name may listen. Nobody may be there yet, or any more, to do so. */
    private void tell(Stream stream, Lease lease, Exchange exchange, Run run, UniEmitter<? super Reply> client) {
        NamedStream named = new NamedStream(stream, exchange, lease, codec.maxBodyBytes(), leases, vertx, run::leave);
        relay.transmit(named.broadcast(), lease, identity(lease), scope(exchange));
        if (run.gone) {
            named.goOn();
        } else {
            client.complete(named.forClient());
        }
    }

    private static final class Run implements Sharing {
        private volatile boolean ended;
        private volatile boolean gone;

        void left() {
            gone = !ended;
        }

        void leave() {
            gone = true;
        }

        @Override
        public Optional<String> identity() {
            return Optional.empty();
        }

        @Override
        public boolean alone() {
            return true;
        }

        @Override
        public boolean abandoned() {
            return gone;
        }
    }

    /** A stream is remembered when it has been told to its end. */
    private Reply remembered(Reply reply, Lease lease, Exchange exchange) {
        if (reply instanceof Stream stream) {
            return Recording.of(stream, exchange, codec.maxBodyBytes(), whole -> remember(whole, lease, exchange));
        }
        remember(reply instanceof Answer answer && answer.ok() ? Optional.of(answer) : Optional.empty(), lease,
                exchange);
        return reply;
    }

    private void remember(Optional<Answer> whole, Lease lease, Exchange exchange) {
        if (whole.filter(answer -> codec.fits(answer.body())).isEmpty()) {
            leases.release(lease);
            return;
        }
        byte[] record = write(whole.get(), lease, exchange);
        store.call(Command.SET, lease.key(), record, "PX", REMEMBERED.toMillis()).subscribe()
                .with(kept -> leases.forget(lease), lost -> leases.release(lease));
    }

    /** An answer is sealed for this name and body alone. */
    private static Identity identity(Lease lease) {
        return new Identity(lease.key() + " " + lease.purpose());
    }

    private static Scope scope(Exchange exchange) {
        return Scope.of(Settings.Scope.KEY, exchange.caller());
    }

    private byte[] write(Answer answer, Lease lease, Exchange exchange) {
        Receipt receipt = answer.receipt();
        byte[] entry = codec.encode(new Entry(0, 0, 0, exchange.caller().tenant(),
                receipt.model().map(Model::name).orElse(""), receipt.usage(), Subject.NONE, answer.contentType(),
                answer.body()), identity(lease), scope(exchange));
        byte[] head = lease.purpose().getBytes(StandardCharsets.US_ASCII);
        byte[] record = Arrays.copyOf(MARK, MARK.length + head.length + entry.length);
        System.arraycopy(head, 0, record, MARK.length, head.length);
        System.arraycopy(entry, 0, record, MARK.length + head.length, entry.length);
        return record;
    }

    private static boolean isAnswerTo(byte[] record) {
        return record.length > MARK.length && Arrays.equals(record, 0, MARK.length, MARK, 0, MARK.length);
    }

    private static boolean isAnswerTo(byte[] record, String body) {
        byte[] head = body.getBytes(StandardCharsets.US_ASCII);
        return record.length > MARK.length + head.length
                && Arrays.equals(record, MARK.length, MARK.length + head.length, head, 0, head.length);
    }

    /** Empty where it cannot be read: another version wrote it. */
    private Optional<Reply> read(byte[] record, Lease wanted, Exchange exchange) {
        int head = Math.min(record.length, MARK.length + wanted.purpose().length());
        return codec.decode(Arrays.copyOfRange(record, head, record.length), identity(wanted), scope(exchange))
                .map(entry -> {
                    Model model = models.get(entry.model());
                    CacheStatus status = new CacheStatus.Replayed();
                    Receipt receipt = model == null
                            ? Receipt.NONE.with(status)
                            : Receipt.fromCache(model, entry.usage(), status);
                    return Recall.atOnce(entry, exchange, receipt);
                });
    }

    private String place(Exchange exchange, String name) {
        MessageDigest digest = Identity.sha256();
        Identity.part(digest, exchange.request().endpoint().path());
        Identity.part(digest, name);
        return store.keys().tenant(exchange.caller().tenant(),
                "idempotency:" + exchange.caller().key() + ":" + Identity.text(digest));
    }

    private static String digest(Exchange exchange) {
        MessageDigest digest = Identity.sha256();
        CanonicalForm.write(exchange.request().body(), Set.of(), digest::update);
        return Identity.text(digest);
    }
}
