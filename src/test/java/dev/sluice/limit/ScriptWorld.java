package dev.sluice.limit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.redis.Outbox;
import dev.sluice.redis.Script;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The real scripts on a real Redis, whose clock is the test's: where they ask for TIME they read a list instead. */
final class ScriptWorld {
    private static final String CLOCK = "clock";
    private static final ObjectMapper JSON = new ObjectMapper();

    final SharedStore store;
    final LimitStore.Scripts scripts;
    final LimitStore limits;
    private final Script settle;
    private long now;

    ScriptWorld(TestRedis redis, long now) {
        this.store = redis.store(Duration.ofSeconds(20));
        LimitStore.Scripts ours = LimitStore.Scripts.OURS;
        this.scripts = new LimitStore.Scripts(onOurClock(ours.reserve()), onOurClock(ours.settle()),
                onOurClock(ours.renew()), onOurClock(ours.reap()));
        this.settle = scripts.settle();
        this.limits = new LimitStore(store, new Outbox(store), scripts, () -> 0);
        setClock(now);
    }

    private static Script onOurClock(Script script) {
        String source = script.source().replace("redis.call('TIME')", "redis.call('LRANGE', '" + CLOCK + "', 0, -1)");
        if (source.equals(script.source())) {
            throw new AssertionError("The script does not ask for the time.");
        }
        try {
            return new Script(source, HexFormat.of().formatHex(
                    MessageDigest.getInstance("SHA-1").digest(source.getBytes(StandardCharsets.UTF_8))));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    long now() {
        return now;
    }

    void setClock(long millis) {
        now = millis;
        store.call(Command.DEL, CLOCK).await().indefinitely();
        store.call(Command.RPUSH, CLOCK, millis / 1000, millis % 1000 * 1000).await().indefinitely();
    }

    void pass(long millis) {
        setClock(now + millis);
    }

    /** Decided about in one run of the script, in this order. */
    List<Decision> reserve(Holder holder, List<Asked> all) {
        return limits.decisions(store.run(scripts.reserve(), List.of(holder.liveKey(), holder.leasesKey()),
                LimitStore.reservation(holder, all)).await().indefinitely());
    }

    static Asked asked(String id, Demand demand) {
        return new Asked(id, 0, false, demand, "m", null);
    }

    Decision reserve(Holder holder, String id, Demand demand) {
        return limits.reserve(holder, id, 0, false, demand, "m").await().indefinitely();
    }

    Decision topUp(Holder holder, String id, int step, boolean billedBefore, Demand demand) {
        return limits.reserve(holder, id, step, billedBefore, demand, "m2").await().indefinitely();
    }

    /** Whether it was settled now. */
    boolean settle(Holder holder, String id, Settlement settlement) {
        return settle(holder, List.of(new LimitStore.Ended(id, settlement))) == 1;
    }

    /** How many were settled now. */
    int settle(Holder holder, List<LimitStore.Ended> ended) {
        return store.run(settle, List.of(holder.leasesKey(), holder.liveKey()), LimitStore.settlement(holder, ended))
                .await().indefinitely().toInteger();
    }

    int reap(Holder holder) {
        return limits.reap(holder).await().indefinitely();
    }

    /** What is stored of a scope; null: nothing. */
    JsonNode scope(Holder holder, String name) {
        return unpacked(holder.base() + "limit:" + name);
    }

    boolean isLive(Holder holder, String id) {
        return store.call(Command.HEXISTS, holder.base() + "limit:live", id).await().indefinitely().toInteger() == 1;
    }

    /** As if a newer version had reserved it. */
    void makeNewer(Holder holder, String id) {
        store.call(Command.HSET, holder.base() + "limit:live", id, new byte[]{ 2}).await().indefinitely();
    }

    boolean exists(String key) {
        return store.call(Command.EXISTS, key).await().indefinitely().toInteger() == 1;
    }

    Set<String> members(String key) {
        Set<String> members = new TreeSet<>();
        store.call(Command.SMEMBERS, key).await().indefinitely().forEach(member -> members.add(member.toString()));
        return members;
    }

    /** By Redis' own clock, which times to live go by. */
    void expire(String key, long millis) {
        store.call(Command.PEXPIRE, key, millis).await().indefinitely();
    }

    private JsonNode unpacked(String key) {
        Response packed = store.call(Command.EVAL, "local p = redis.call('GET', KEYS[1]) "
                + "return p and cjson.encode(cmsgpack.unpack(p)) or false", 1, key).await().indefinitely();
        try {
            return packed == null ? null : JSON.readTree(packed.toString());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** When the lease expires, by the test's clock; -1 where it has ended. */
    long expiry(Holder holder, String id) {
        Response score = store.call(Command.ZSCORE, holder.leasesKey(), id).await().indefinitely();
        return score == null ? -1 : (long) Double.parseDouble(score.toString());
    }

    long liveLeases(Holder holder) {
        return store.call(Command.ZCARD, holder.leasesKey()).await().indefinitely().toLong();
    }

    /** All usage rows of the holder's tag added up, by field. */
    Map<String, Long> usage(Holder holder) {
        Map<String, Long> usage = new TreeMap<>();
        for (Response key : store.call(Command.KEYS, holder.base().replace("{", "\\{").replace("}", "\\}") + "usage:*")
                .await().indefinitely()) {
            Response fields = store.call(Command.HGETALL, key.toString()).await().indefinitely();
            fields.getKeys().forEach(field -> usage.merge(field, fields.get(field).toLong(), Long::sum));
        }
        return usage;
    }
}
