package dev.sluice.ledger;

import dev.sluice.ledger.UsageReport.UsageRow;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the accounts of all replicas. What this replica served is in the figures at once, what another did at the latest
 * {@link Accounts#FLUSH_INTERVAL} and a round trip after its reply. Fails with
 * {@link dev.sluice.redis.StoreUnavailable} when Redis cannot be asked.
 */
@Singleton
public final class UsageReader {
    /** Hashes that are read at the same time. */
    private static final int CONCURRENCY = 32;
    /** Fields that Redis returns at a time, so that a big hash delays nobody. */
    private static final String PAGE = "2000";

    private final SharedStore store;
    private final Accounts accounts;

    UsageReader(SharedStore store, Accounts accounts) {
        this.store = store.slow();
        this.accounts = accounts;
    }

    /** The day that requests are booked on now, UTC by Redis' clock. */
    public Uni<LocalDate> today() {
        return store.call(Command.TIME).map(
                time -> LocalDate.ofInstant(Instant.ofEpochSecond(time.get(0).toLong()), ZoneOffset.UTC));
    }

    public Uni<UsageReport> read(UsageQuery query) {
        return accounts.flush()
                .chain(() -> tenants(query))
                .onItem().transformToMulti(tenants -> Multi.createFrom().iterable(hashes(query, tenants)))
                .onItem().transformToUni(hash -> page(hash, query, "0", new HashMap<>()).map(f -> new Page(hash, f)))
                .merge(CONCURRENCY)
                .collect().in(() -> new Summary(query.groups()), Summary::add)
                .map(Summary::report);
    }

    private Uni<List<String>> tenants(UsageQuery query) {
        if (query.only().isPresent()) {
            return Uni.createFrom().item(List.of(query.only().get().tenant()));
        }
        return store.call(Command.SMEMBERS, store.keys().global("tenants")).map(members -> {
            List<String> names = new ArrayList<>();
            members.forEach(member -> names.add(member.toString()));
            return names;
        });
    }

    private static List<Hash> hashes(UsageQuery query, List<String> tenants) {
        List<Hash> hashes = new ArrayList<>();
        for (String tenant : tenants) {
            query.from().datesUntil(query.to().plusDays(1))
                    .forEach(day -> hashes.add(new Hash(tenant, day.toString())));
        }
        return hashes;
    }

    /** A scan may return a field twice: the map keeps one. */
    private Uni<Map<String, String>> page(Hash hash, UsageQuery query, String cursor, Map<String, String> fields) {
        String pattern = query.only().map(caller -> caller.key() + "|*").orElse("*");
        return store.call(Command.HSCAN, store.keys().tenant(hash.tenant(), "usage:" + hash.day()), cursor, "MATCH",
                pattern, "COUNT", PAGE).flatMap(answer -> {
                    Response page = answer.get(1);
                    for (int i = 0; i + 1 < page.size(); i += 2) {
                        fields.put(page.get(i).toString(), page.get(i + 1).toString());
                    }
                    String next = answer.get(0).toString();
                    return next.equals("0") ? Uni.createFrom().item(fields) : page(hash, query, next, fields);
                });
    }

    private record Hash(String tenant, String day) {}

    private record Page(Hash hash, Map<String, String> fields) {}

    /** Adds up by group. */
    private static final class Summary {
        private final List<Dimension> groups;
        private final Map<List<String>, Figures> rows = new HashMap<>();
        private final Figures total = new Figures();

        Summary(List<Dimension> groups) {
            this.groups = groups;
        }

        void add(Page page) {
            page.fields().forEach((field, amount) -> {
                int keyEnd = field.indexOf('|');
                int modelEnd = field.lastIndexOf('|');
                Metric metric = Metric.of(field.substring(modelEnd + 1));
                if (metric != null && keyEnd < modelEnd) {
                    long value = Long.parseLong(amount);
                    String key = field.substring(0, keyEnd);
                    String model = field.substring(keyEnd + 1, modelEnd);
                    rows.computeIfAbsent(group(page.hash(), key, model), g -> new Figures()).add(metric, value);
                    total.add(metric, value);
                }
            });
        }

        private List<String> group(Hash hash, String key, String model) {
            List<String> values = new ArrayList<>(groups.size());
            for (Dimension group : groups) {
                values.add(switch (group) {
                    case DAY -> hash.day();
                    case TENANT -> hash.tenant();
                    case KEY -> key;
                    case MODEL -> model;
                });
            }
            return values;
        }

        UsageReport report() {
            Comparator<List<String>> order = (a, b) -> {
                for (int i = 0; i < a.size(); i++) {
                    int difference = a.get(i).compareTo(b.get(i));
                    if (difference != 0) {
                        return difference;
                    }
                }
                return 0;
            };
            List<UsageRow> sorted = rows.entrySet().stream().sorted(Map.Entry.comparingByKey(order))
                    .map(row -> UsageRow.of(value(row.getKey(), Dimension.DAY), value(row.getKey(), Dimension.TENANT),
                            value(row.getKey(), Dimension.KEY), value(row.getKey(), Dimension.MODEL), row.getValue()))
                    .toList();
            return new UsageReport(sorted, UsageRow.of(null, null, null, null, total));
        }

        private String value(List<String> row, Dimension dimension) {
            int place = groups.indexOf(dimension);
            return place < 0 ? null : row.get(place);
        }
    }
}
