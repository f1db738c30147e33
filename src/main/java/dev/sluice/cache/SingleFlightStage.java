package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Sharing;
import dev.sluice.Stage;
import dev.sluice.Usage;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import dev.sluice.json.Json;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Identical requests at the same time are served once, look-ups included: on one replica in memory, between replicas by
 * the lease that the look-up takes ({@link Elsewhere}). A follower pays nothing, and waits no longer than configured
 * before it goes its own way.
 * <p>
 * Who wants a new answer ({@code no-cache}), none that is kept ({@code no-store}) or none that is asked for
 * ({@code only-if-cached}) neither leads nor follows; nor does who bypasses the cache.
 */
@Singleton
public final class SingleFlightStage implements Stage {
    private static final Refusal NOT_WHOLE = Refusal.of(502, "upstream_error", "upstream_error",
            "The stream that was waited for came to no good end.");

    private final Map<Key, Flight> flights = new ConcurrentHashMap<>();
    private final Leases leases;
    private final Entries entries;
    private final Relay relay;
    private final Journal journal;
    private final Vertx vertx;
    private final Eligibility eligibility;
    private final Settings.Scope scope;
    private final long maxWaitMillis;
    private final int maxBytes;
    private final Recall recall;

    @Inject
    SingleFlightStage(Leases leases, Entries entries, Relay relay, Journal journal, Vertx vertx, Settings settings) {
        this(leases, entries, relay, journal, vertx, settings.cache());
    }

    SingleFlightStage(Leases leases, Entries entries, Relay relay, Journal journal, Vertx vertx,
            Settings.Cache settings) {
        this.leases = leases;
        this.entries = entries;
        this.relay = relay;
        this.journal = journal;
        this.vertx = vertx;
        this.eligibility = Eligibility.of(settings);
        this.scope = settings.scope();
        this.maxWaitMillis = settings.maxWait().toMillis();
        this.maxBytes = settings.maxEntryBytes();
        this.recall = new Recall(vertx);
    }

    /** Only who would be content with the same finds share a flight. */
    private record Key(Identity identity, CacheWish wish, OptionalDouble threshold) {}

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        CacheWish wish = exchange.wishes().cache();
        if (!eligibility.admits(exchange)
                || exchange.request().endpoint() == Endpoint.EMBEDDINGS) { // which are many requests in one
            return next.apply(exchange);
        }
        Identity identity = Identity.of(exchange.request(), exchange.route().model(),
                Scope.of(scope, exchange.caller()));
        if (!flies(wish)) {
            return next.apply(exchange.with(new Alone(identity, exchange.sharing())));
        }
        Key key = new Key(identity, wish, exchange.wishes().threshold());
        return Uni.createFrom().emitter(emitter -> board(key, new Member(identity, exchange, next, emitter), emitter));
    }

    private boolean flies(CacheWish wish) {
        return maxWaitMillis > 0 && !wish.noCache() && !wish.noStore() && !wish.onlyIfCached()
                && !wish.maxAgeSeconds().equals(OptionalLong.of(0));
    }

    /** A request that may be answered from the cache, and shares nothing else. */
    private record Alone(Identity of, Sharing before) implements Sharing {
        @Override
        public Optional<String> identity() {
            return Optional.of(of.value());
        }

        @Override
        public boolean alone() {
            return true;
        }

        @Override
        public boolean abandoned() {
            return before.abandoned();
        }
    }

    private void board(Key key, Member member, UniEmitter<? super Reply> emitter) {
        while (true) {
            Flight flight = flights.get(key);
            if (flight == null) {
                Around around = new Around(key);
                if (flights.putIfAbsent(key, around.flight) == null) {
                    emitter.onTermination(() -> around.flight.leave(member));
                    around.flight.lead(member);
                    return;
                }
            } else {
                long timer = vertx.setTimer(maxWaitMillis, id -> flight.giveUp(member));
                member.afterWaiting(() -> vertx.cancelTimer(timer));
                if (flight.join(member)) {
                    emitter.onTermination(() -> flight.leave(member));
                    return;
                }
                vertx.cancelTimer(timer);
            }
        }
    }

    /** What a flight needs to know of the world around it. */
    private final class Around implements Flight.Tower {
        private final Key key;
        private final Flight flight = new Flight(this);

        Around(Key key) {
            this.key = key;
        }

        @Override
        public void ended() {
            flights.remove(key, flight);
        }

        @Override
        public boolean isShareable(Reply reply) {
            CacheStatus status = reply.receipt().cache().orElse(null);
            return isKnown(status) || status instanceof CacheStatus.Miss && reply instanceof Answer answer
                    && (SseEvent.CONTENT_TYPE.equals(answer.contentType()) || CacheStage.isWhole(reply));
        }

        private static boolean isKnown(CacheStatus status) {
            return isHit(status) || status instanceof CacheStatus.Collapsed;
        }

        @Override
        public boolean isForOthers(Stream stream, boolean followed) {
            CacheStatus status = stream.receipt().cache().orElse(null);
            return status instanceof CacheStatus.Miss || followed && isKnown(status);
        }

        private static boolean isHit(CacheStatus status) {
            return status instanceof CacheStatus.ExactHit || status instanceof CacheStatus.SemanticHit;
        }

        @Override
        public void share(Reply reply, Member follower) {
            Answer answer = (Answer) reply;
            Optional<Bill> bill = bill(reply.receipt(), follower.exchange());
            if (bill.isEmpty()) {
                follower.serveAlone();
                return;
            }
            Receipt receipt = bill.get().of(reply.receipt().usage());
            bill.get().note(receipt);
            Entry entry = new Entry(0, 0, 0, "", bill.get().served.name(), receipt.usage(), Subject.NONE,
                    answer.contentType(),
                    answer.body());
            follower.give(recall.reply(entry, follower.exchange(), receipt));
        }

        @Override
        public Broadcast broadcast(Stream stream, Exchange exchange, Flight on) {
            return new Broadcast(stream, Dialect.of(exchange.request().endpoint()), maxBytes, on);
        }

        @Override
        public void tellElsewhere(Broadcast broadcast, Exchange exchange) {
            Lease lease = leases.heldAt(entries.key(key.identity()));
            if (lease != null) {
                relay.transmit(broadcast, lease, key.identity(), Scope.of(scope, exchange.caller()));
            }
        }

        @Override
        public boolean suits(Member follower, Member leader) {
            return follower.exchange().request().streamed()
                    && follower.exchange().wishes().replayDelay().isZero()
                    && Arrays.equals(streamOptions(follower), streamOptions(leader));
        }

        private static byte[] streamOptions(Member member) {
            Json body = member.exchange().request().body();
            int options = body.member(body.root(), "stream_options");
            return options == Json.NONE
                    ? null
                    : Arrays.copyOfRange(body.bytes(), body.start(options), body.end(options));
        }

        @Override
        public boolean listen(Broadcast broadcast, Member follower) {
            Optional<Bill> bill = bill(broadcast.head(), follower.exchange());
            Optional<Stream> told = bill.flatMap(b -> broadcast.forFollower(b.of(Usage.NONE), end -> {
                Receipt receipt = b.of(end.receipt().usage());
                if (end.finished()) {
                    b.note(receipt);
                }
                return receipt;
            }));
            told.ifPresent(follower::give);
            return told.isPresent();
        }

        @Override
        public Reply whole(Exchange exchange, End end, Optional<List<SseEvent>> events) {
            Optional<Answer> answer = events.flatMap(all -> Recording.whole(all, end, exchange));
            return answer.isPresent() ? answer.get() : NOT_WHOLE.with(Receipt.failed(1, true, 0));
        }

        /** Empty where the fallback that answers is none of this one's. */
        private Optional<Bill> bill(Receipt receipt, Exchange exchange) {
            Model served = receipt.model().orElse(null);
            if (served == null || !served.equals(exchange.route().model())
                    && !exchange.route().fallbacks().contains(served)) {
                return Optional.empty();
            }
            CacheStatus status = receipt.cache().orElse(null);
            return Optional.of(new Bill(exchange, served,
                    isHit(status) ? status : new CacheStatus.Collapsed()));
        }

        /** What a follower is charged: nothing; and what is noted of it. */
        private final class Bill {
            private final Exchange exchange;
            private final Model served;
            private final CacheStatus status;

            Bill(Exchange exchange, Model served, CacheStatus status) {
                this.exchange = exchange;
                this.served = served;
                this.status = status;
            }

            Receipt of(Usage usage) {
                return Receipt.fromCache(served, usage, status);
            }

            void note(Receipt receipt) {
                Tally how = status instanceof CacheStatus.ExactHit
                        ? Tally.EXACT_HITS
                        : status instanceof CacheStatus.SemanticHit ? Tally.SEMANTIC_HITS : Tally.COALESCED;
                Identity entry = status instanceof CacheStatus.SemanticHit hit
                        ? new Identity(hit.entry())
                        : key.identity();
                journal.shared(how, Note.hit(Scope.of(scope, exchange.caller()), entry, exchange, served),
                        receipt.savedByCache());
            }
        }

        @Override
        public void deserted() {
            leases.isWaitedFor(entries.key(key.identity())).subscribe().with(elsewhere -> {
                if (!elsewhere) {
                    flight.endIfDeserted();
                } else if (flight.deserted()) {
                    flight.goOn();
                    vertx.setTimer(Leases.SAID_EVERY.toMillis(), id -> deserted());
                }
            });
        }
    }
}
