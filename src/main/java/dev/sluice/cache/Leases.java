package dev.sluice.cache;

import dev.sluice.redis.ForCache;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.StoreUnavailable;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The leases of this replica: taken together with the look-up of what they are for, in one trip, renewed while they are
 * held, and released unless the result has replaced them. Who waits for another replica's lease lets that replica know.
 * <p>
 * Clocks of replicas are not compared: Redis counts how long a lease lives, and each replica how long it has heard
 * nothing of who waits.
 */
@Singleton
final class Leases {
    private static final Script FIND = Script.named("lease-or-value");
    private static final Script RENEW = Script.named("lease-renew");
    private static final Script RELEASE = Script.named("lease-release");
    private static final Script ADD_FOLLOWER = Script.named("followers-add");
    private static final Script TAKE_FOLLOWERS = Script.named("followers-take");

    /** A replica that dies lets others wait so long. */
    static final Duration LIFE = Duration.ofSeconds(6);
    /** Two renewals may fail before a lease is lost. */
    private static final Duration RENEWED_AFTER = LIFE.dividedBy(3);
    /** How soon a replica learns that somebody waits. */
    private static final Duration TICK = Duration.ofMillis(50);
    /** Who waits says so this often. */
    static final Duration SAID_EVERY = Duration.ofSeconds(1);
    /** Who has not said it for so long waits no more. */
    private static final Duration FORGOTTEN_AFTER = SAID_EVERY.multipliedBy(3);
    /** Redis that refuses to write (it is out of memory) is not tried anew for so long: it still may be read. */
    private static final Duration REFUSED_FOR = Duration.ofSeconds(1);
    private static final String LIFE_MILLIS = Long.toString(LIFE.toMillis());
    private static final String NO = "0";
    private static final String FOLLOWED = "followed ";

    private final SharedStore store;
    private final Vertx vertx;
    private final String replica = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    private final AtomicLong numbers = new AtomicLong();
    private final Map<String, Held> held = new ConcurrentHashMap<>();
    private final AtomicBoolean ticking = new AtomicBoolean();
    private final List<String> followers;
    private volatile boolean old;
    private volatile long refusedAt = System.nanoTime() - REFUSED_FOR.toNanos();

    @Inject
    Leases(@ForCache SharedStore store, Vertx vertx) {
        this(store, vertx, false);
    }

    /** @param old whether Redis is older than 7 */
    Leases(SharedStore store, Vertx vertx, boolean old) {
        this.store = store;
        this.vertx = vertx;
        this.old = old;
        this.followers = List.of(followersOf(replica));
    }

    private String followersOf(String name) {
        return store.keys().global("followers:" + name);
    }

    private static final class Held {
        private final Lease lease;
        private final AtomicReference<Runnable> onceFollowed = new AtomicReference<>();
        private volatile long renewedAt = System.nanoTime();
        private volatile long waitedForAt;
        private volatile boolean everWaitedFor;
        private volatile long followedAt;
        private volatile boolean everFollowed;

        Held(Lease lease) {
            this.lease = lease;
        }

        boolean isWaitedFor() {
            return everWaitedFor && System.nanoTime() - waitedForAt < FORGOTTEN_AFTER.toNanos();
        }

        void waitedFor() {
            waitedForAt = System.nanoTime();
            everWaitedFor = true;
        }

        boolean isFollowed() {
            return everFollowed && System.nanoTime() - followedAt < FORGOTTEN_AFTER.toNanos();
        }

        void followed() {
            followedAt = System.nanoTime();
            everFollowed = true;
            runIfFollowed();
        }

        void runIfFollowed() {
            Runnable action = isFollowed() ? onceFollowed.getAndSet(null) : null;
            if (action != null) {
                action.run();
            }
        }
    }

    /** One that nobody has yet. */
    Lease next(String key, String purpose) {
        return Lease.of(key, replica, numbers.incrementAndGet(), purpose);
    }

    /**
     * What stands at the lease's key; null where nothing does, and then the lease is put there. One trip. The lease
     * itself is found where an earlier try had put it.
     */
    Uni<byte[]> find(Lease lease) {
        if (old || System.nanoTime() - refusedAt < REFUSED_FOR.toNanos()) {
            return findByScript(lease);
        }
        return store.call(Command.SET, lease.key(), lease.value(), "NX", "GET", "PX", LIFE_MILLIS)
                .map(Leases::bytes)
                .onFailure(error -> isSyntaxError(error) || isRefusal(error)).recoverWithUni(error -> {
                    if (isSyntaxError(error)) {
                        old = true;
                    } else {
                        refusedAt = System.nanoTime();
                    }
                    return findByScript(lease);
                });
    }

    private Uni<byte[]> findByScript(Lease lease) {
        return store.run(FIND, List.of(lease.key()), List.of(lease.value(), LIFE_MILLIS)).map(Leases::bytes);
    }

    private static byte[] bytes(Response found) {
        return found == null ? null : found.toBytes();
    }

    /** Before Redis 7 a SET may not have both options. */
    private static boolean isSyntaxError(Throwable error) {
        return error instanceof ErrorType && error.getMessage() != null && error.getMessage().contains("syntax error");
    }

    private static boolean isRefusal(Throwable error) {
        return error instanceof StoreUnavailable unavailable && unavailable.refused();
    }

    /** Keeps the lease alive until it is released or forgotten. */
    void hold(Lease lease) {
        held.put(lease.key(), new Held(lease));
        tickLater();
    }

    /** The result has replaced it. */
    void forget(Lease lease) {
        held.computeIfPresent(lease.key(), (key, mine) -> mine.lease.equals(lease) ? null : mine);
    }

    /** Somebody else may do it. What is lost here expires. */
    void release(Lease lease) {
        forget(lease);
        store.run(RELEASE, List.of(lease.key()), List.of(lease.value())).subscribe().with(done -> {}, lost -> {});
    }

    /** Lets the replica that has this lease know that somebody waits here. To be repeated after {@link #SAID_EVERY}. */
    void say(Lease others) {
        say(others, "");
    }

    /** The same, and that the stream is wanted while it is told. */
    void sayFollowed(Lease others) {
        say(others); // which is all that replicas understand that do not tell their streams
        say(others, FOLLOWED);
    }

    private void say(Lease others, String how) {
        store.run(ADD_FOLLOWER, List.of(followersOf(others.replica())),
                List.of(how + others.value() + " " + others.key(), LIFE_MILLIS))
                .subscribe().with(said -> {}, lost -> {});
    }

    /** The lease that this replica holds at the key; null where it holds none. */
    Lease heldAt(String key) {
        Held mine = held.get(key);
        return mine == null ? null : mine.lease;
    }

    /**
     * Once another replica wants the stream that this one has told under the lease: now, or when that is heard. Not if
     * the lease ends before.
     */
    void onceFollowed(Lease lease, Runnable action) {
        Held mine = held.get(lease.key());
        if (mine != null && mine.lease.equals(lease)) {
            mine.onceFollowed.set(action);
            mine.runIfFollowed();
        }
    }

    /** Whether another replica wants the stream that is told under the lease; true where the lease has ended. */
    boolean isFollowed(Lease lease) {
        Held mine = held.get(lease.key());
        return mine == null || !mine.lease.equals(lease) || mine.isFollowed();
    }

    /** Whether another replica waits for what this one holds the key's lease for. Never fails. */
    Uni<Boolean> isWaitedFor(String key) {
        return Uni.createFrom().deferred(() -> {
            Held mine = held.get(key);
            if (mine == null || mine.isWaitedFor()) {
                return Uni.createFrom().item(mine != null);
            }
            return takeFollowers().map(taken -> mine.isWaitedFor()).onFailure().recoverWithItem(false);
        });
    }

    private void tickLater() {
        if (!ticking.get() && ticking.compareAndSet(false, true)) {
            vertx.setTimer(TICK.toMillis(), id -> tick());
        }
    }

    private void tick() {
        ticking.set(false);
        if (held.isEmpty()) {
            return;
        }
        tickLater();
        long now = System.nanoTime();
        boolean running = false;
        for (Held one : held.values()) {
            long age = now - one.renewedAt;
            running |= age >= TICK.toNanos() / 2;
            if (age >= RENEWED_AFTER.toNanos()) {
                one.renewedAt = now;
                renew(one);
            }
        }
        if (running) {
            takeFollowers().subscribe().with(taken -> {}, lost -> {});
        }
    }

    private void renew(Held one) {
        store.run(RENEW, List.of(one.lease.key()), List.of(one.lease.value(), LIFE_MILLIS)).subscribe().with(there -> {
            if (there.toString().equals(NO)) {
                forget(one.lease);
            }
        }, lost -> {});
    }

    private Uni<Void> takeFollowers() {
        return store.run(TAKE_FOLLOWERS, followers, List.of()).invoke(leases -> {
            for (Response said : leases) {
                heard(said.toString());
            }
        }).replaceWithVoid();
    }

    private void heard(String said) {
        boolean followed = said.startsWith(FOLLOWED);
        String leaseAndKey = followed ? said.substring(FOLLOWED.length()) : said;
        String[] parts = leaseAndKey.split(" ", Lease.PARTS + 1);
        Held mine = held.get(parts[parts.length - 1]);
        if (mine != null && leaseAndKey.startsWith(mine.lease.value())) {
            mine.waitedFor();
            if (followed) {
                mine.followed();
            }
        }
    }
}
