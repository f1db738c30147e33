package dev.sluice.limit;

import dev.sluice.redis.StoreUnavailable;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/** What has to be done now and then, whether anybody asks or not: renew what runs here, end what ran on replicas that died. */
final class Sweeps {
    private static final Logger LOG = Logger.getLogger(Sweeps.class);
    static final long INTERVAL_MILLIS = 5_000;
    private static final int FULL_REAP = LimitStore.REAP_AT_ONCE;

    private final Vertx vertx;
    private final Replicas replicas;
    private final LiveLeases live;
    private final LimitStore store;
    private final Holders holders;
    private long timer = -1;

    Sweeps(Vertx vertx, Replicas replicas, LiveLeases live, LimitStore store, Holders holders) {
        this.vertx = vertx;
        this.replicas = replicas;
        this.live = live;
        this.store = store;
        this.holders = holders;
    }

    void start() {
        timer = vertx.setPeriodic(INTERVAL_MILLIS, tick -> sweep().subscribe().with(done -> {}, away -> {}));
        replicas.appear().subscribe().with(known -> {}, away -> {});
    }

    void stop() {
        vertx.cancelTimer(timer);
    }

    /** Completes when all has been done; fails when Redis is away, which the next sweep makes good. */
    Uni<Void> sweep() {
        live.sweep();
        return replicas.appear().flatMap(chosen -> chosen ? replicas.tenants().flatMap(this::reapAll) : nothing());
    }

    private Uni<Void> reapAll(List<String> tenants) {
        List<Holder> all = new ArrayList<>(holders.providers().values());
        tenants.forEach(tenant -> all.add(holders.tenant(tenant)));
        return Multi.createFrom().iterable(all)
                .onItem().transformToUniAndConcatenate(holder -> reap(holder).onFailure().invoke(Sweeps::log)
                        .onFailure().recoverWithItem(0))
                .collect().last().replaceWithVoid();
    }

    private Uni<Integer> reap(Holder holder) {
        return store.reap(holder)
                .flatMap(count -> count == FULL_REAP ? reap(holder) : Uni.createFrom().item(count));
    }

    /** That Redis is away is said elsewhere. */
    private static void log(Throwable failure) {
        if (!(failure instanceof StoreUnavailable)) {
            LOG.errorf("Redis cannot end leases: %s", failure.getMessage());
        }
    }

    private static Uni<Void> nothing() {
        return Uni.createFrom().voidItem();
    }
}
