package dev.sluice.limit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.Usage;
import dev.sluice.limit.Decision.Ended;
import dev.sluice.limit.Decision.Granted;
import dev.sluice.limit.Decision.Refused;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Does random things to leases of one tenant, and keeps books of its own of what must have come of them. */
final class Bookkeeper {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final long DAY = 86_400_000;
    private static final Tariff TARIFF = new Tariff(8_000_000_000L, 24_000_000_000L);
    private static final String[] KEYS = { "a", "b"};

    private final ScriptWorld world;
    private final Random random;
    private final Map<String, Integer> counts;
    private final boolean scarce;
    private final List<String> history = new ArrayList<>();
    private final String base = "test:v1:{t:books" + NAMES.incrementAndGet() + "}:";
    private final TenantZone utc = new TenantZone(ZoneOffset.UTC, Clock.systemUTC());
    private final Map<String, Quota> quotas = new HashMap<>();
    private final Quota tenantQuota;
    private final Map<String, Books> scopes = new TreeMap<>();
    private final Map<String, Contract> contracts = new TreeMap<>();
    private final Map<String, Rates> rates = new HashMap<>();
    private long requests;
    private long failures;
    private long cost;
    private long unsettled;
    private int lastId;

    enum Step {
        RESERVE, TOP_UP, SETTLE, OVERRUN, RELEASE, ABANDON, MARK, RENEW, REAP, CRASH, REPEAT, CLOCK,
        CLOCK_BACK, LATE,
        LIMITS,
        UNKNOWN
    }

    /** Money of a scope. */
    private static final class Books {
        long day = Long.MIN_VALUE;
        long month = Long.MIN_VALUE;
        long daySpent;
        long monthSpent;

        void spend(long nanos) {
            daySpent += nanos;
            monthSpent += nanos;
        }
    }

    private record Period(long day, long month) {}

    /** One lease as it should be. */
    private static final class Contract {
        final String id;
        final String key;
        Demand demand;
        State state = State.LIVE;
        boolean sent = true;
        int step;
        long tokens;
        long money;
        long share;
        long moneyShare;
        long expires;
        long charged;
        final Map<Books, Period> chargedIn = new HashMap<>();
        long reservedAt;
        boolean crashed;
        final List<Rates.Charge> charges = new ArrayList<>();
        final Rates.Charge request;
        Settlement settlement;
        Demand lastDemand;
        boolean lastBilled;

        Contract(String id, String key, Rates.Charge request) {
            this.id = id;
            this.key = key;
            this.request = request;
        }
    }

    private enum State {
        LIVE, ESTIMATED, ENDED
    }

    Bookkeeper(ScriptWorld world, long seed, Map<String, Integer> counts) {
        this.world = world;
        this.random = new Random(seed);
        this.counts = counts;
        // Where money is scarce the rates are never reached, so every other run is without budgets.
        this.scarce = seed % 2 == 0;
        this.tenantQuota = scarce ? new Quota(0, 0, 0, new Money(90_000_000), new Money(400_000_000)) : Quota.UNLIMITED;
        for (String key : KEYS) {
            quotas.put(key, randomQuota());
            rates.put(key, new Rates());
        }
        scopes.put("key:a", new Books());
        scopes.put("key:b", new Books());
        scopes.put("tenant", new Books());
    }

    private Quota randomQuota() {
        return new Quota(pick(0, 30, 60, 600), pick(0, 3_000, 3_000, 20_000), pick(1, 5, 20),
                new Money(scarce ? pick(0, 30_000_000, 60_000_000) : 0),
                new Money(scarce ? pick(0, 60_000_000, 90_000_000) : 0));
    }

    private long pick(long... values) {
        return values[random.nextInt(values.length)];
    }

    private Holder holder(String key) {
        return new Holder(base, key, utc,
                List.of(new Scope("key:" + key, quotas.get(key)), new Scope("tenant", tenantQuota)));
    }

    void step() {
        Step step = Step.values()[random.nextInt(Step.values().length)];
        if (random.nextBoolean()) {
            step = random.nextInt(3) > 0 ? Step.RESERVE : Step.CLOCK;
        } else if (step == Step.LIMITS && random.nextInt(3) > 0) {
            step = Step.SETTLE;
        }
        history.add(step + " at " + world.now());
        switch (step) {
            case RESERVE -> count(step, this::reserve);
            case TOP_UP -> any(step, State.LIVE, this::topUp);
            case SETTLE ->
                any(step, State.LIVE, contract -> settle(contract, random.nextInt((int) contract.share + 1)));
            case OVERRUN ->
                any(step, State.LIVE, contract -> settle(contract, contract.share + 1 + random.nextInt(500)));
            case RELEASE -> any(step, State.LIVE, this::release);
            case ABANDON -> any(step, State.LIVE, this::abandon);
            case MARK -> any(step, State.LIVE, this::mark);
            case RENEW -> any(step, State.LIVE, this::renew);
            case REAP -> count(step, this::reap);
            case CRASH -> any(step, State.LIVE, contract -> contract.crashed = true);
            case REPEAT -> count(step, this::repeat);
            case CLOCK -> count(step, () -> world.pass(random.nextInt(10) == 0
                    ? pick(31_000, 31_000, 3_600_000, DAY / 2)
                    : pick(0, 1, 17, 400, 1_000, 3_000, 9_000)));
            case CLOCK_BACK -> count(step, () -> world.pass(-pick(1, 500, 20_000)));
            case LATE ->
                any(step, State.ESTIMATED, contract -> settle(contract, random.nextInt((int) contract.share + 1)));
            case LIMITS -> count(step, () -> quotas.put(KEYS[random.nextInt(KEYS.length)], randomQuota()));
            case UNKNOWN -> count(step, this::settleUnknown);
        }
        compare();
    }

    private void count(String what) {
        counts.merge(what.toLowerCase(Locale.ROOT).replace('_', ' '), 1, Integer::sum);
    }

    private void count(Step step, Runnable action) {
        count(step.toString());
        action.run();
    }

    private void any(Step step, State state, Consumer<Contract> action) {
        List<Contract> fitting = contracts.values().stream()
                .filter(contract -> contract.state == state && !(state == State.LIVE && contract.crashed)).toList();
        if (!fitting.isEmpty()) {
            Contract contract = fitting.get(random.nextInt(fitting.size()));
            history.add("  " + contract.id);
            action.accept(contract);
            count(step.toString());
        }
    }

    private Demand randomDemand() {
        long output = 1 + random.nextInt(700);
        return new Demand(random.nextInt(400), output, 1 + random.nextInt(2), random.nextBoolean() ? output : 1, TARIFF,
                random.nextInt(8) == 0);
    }

    /** One to three at once. */
    private void reserve() {
        String key = KEYS[random.nextInt(KEYS.length)];
        Holder holder = holder(key);
        List<Demand> demands = Stream.generate(this::randomDemand).limit(1 + random.nextInt(3)).toList();
        List<Asked> asked = demands.stream().map(demand -> ScriptWorld.asked("l" + ++lastId, demand)).toList();
        reapInBooks(8);
        touchLimited(key);
        List<Decision> decisions = world.reserve(holder, asked);
        for (int i = 0; i < decisions.size(); i++) {
            decided(key, holder, asked.get(i).id(), demands.get(i), decisions.get(i));
        }
    }

    private void decided(String key, Holder holder, String id, Demand demand, Decision decision) {
        history.add("  " + id + " " + key + " " + demand + " -> " + decision);
        rates.get(key).limit(holder.quota());
        count(decision instanceof Refused refused
                ? "refused for " + refused.kind()
                : decision.getClass().getSimpleName());
        if (decision instanceof Granted granted) {
            Demand bound = demand.granted(granted.output());
            assertThat(granted.output()).isBetween(demand.least(), demand.output());
            Contract contract = new Contract(id, key, rates.get(key).request());
            contract.reservedAt = world.now();
            contract.demand = demand;
            contracts.put(id, contract);
            take(contract, bound, false);
            requireWithinBudgets(holder);
        } else if (decision instanceof Refused refused) {
            requireReason(holder, refused, demand);
        }
    }

    private void topUp(Contract contract) {
        Demand demand = randomDemand();
        Demand fixed = new Demand(demand.prompt(), demand.output(), demand.choices(), demand.output(), TARIFF, false);
        boolean billed = random.nextBoolean();
        Holder holder = holder(contract.key);
        reapInBooks(8);
        touchLimited(contract.key);
        Decision decision = world.topUp(holder, contract.id, contract.step + 1, billed, fixed);
        history.add("  " + fixed + " billed " + billed + " -> " + decision);
        rates.get(contract.key).limit(holder.quota());
        if (contract.state != State.LIVE) {
            assertThat(decision).isInstanceOf(Ended.class);
            return;
        }
        if (decision instanceof Granted) {
            contract.step++;
            take(contract, fixed, billed);
            requireWithinBudgets(holder);
        } else {
            requireReason(holder, (Refused) decision, fixed);
        }
    }

    private void take(Contract contract, Demand bound, boolean billed) {
        boolean first = contract.step == 0;
        long tokensHeld = first || billed ? 0 : contract.share;
        long moneyHeld = first || billed ? 0 : contract.moneyShare;
        long tokens = Math.max(0, bound.tokens() - tokensHeld);
        long money = Math.max(0, bound.nanos() - moneyHeld);
        contract.share = tokensHeld + tokens;
        contract.moneyShare = moneyHeld + money;
        contract.tokens += tokens;
        contract.money += money;
        contract.expires = world.now() + LimitStore.LEASE_MILLIS;
        contract.lastDemand = bound;
        contract.lastBilled = billed;
        if (!first && billed) {
            contract.charges.clear(); // what was granted before stays charged whatever comes
        }
        contract.charges.add(rates.get(contract.key).tokens(tokens));
    }

    private void requireWithinBudgets(Holder holder) {
        for (Scope scope : holder.scopes()) {
            Books books = scopes.get(scope.name());
            long held = held(scope.name());
            if (scope.quota().budgetPerDay().nanos() > 0) {
                assertThat(books.daySpent + held).isLessThanOrEqualTo(scope.quota().budgetPerDay().nanos());
            }
            if (scope.quota().budgetPerMonth().nanos() > 0) {
                assertThat(books.monthSpent + held).isLessThanOrEqualTo(scope.quota().budgetPerMonth().nanos());
            }
        }
    }

    /** Nothing is refused without need. */
    private void requireReason(Holder holder, Refused refused, Demand demand) {
        Scope scope = holder.scopes().get(refused.scope());
        Books books = scopes.get(scope.name());
        switch (refused.kind()) {
            case DAY -> assertThat(books.daySpent + demand.leastNanos())
                    .isGreaterThan(scope.quota().budgetPerDay().nanos());
            case MONTH -> assertThat(books.monthSpent + demand.leastNanos())
                    .isGreaterThan(scope.quota().budgetPerMonth().nanos());
            case SIZE -> assertThat(demand.leastTokens()).isGreaterThan(scope.quota().tokensPerMinute());
            case RESERVED -> assertThat(held(scope.name())).isPositive();
            case REQUESTS, TOKENS -> assertThat(refused.waitMillis()).isPositive();
        }
    }

    private void settle(Contract contract, long used) {
        long kept = contract.tokens - contract.share;
        boolean known = random.nextInt(4) > 0;
        long real = Math.min(contract.money, random.nextInt(200_000));
        end(contract, new Settlement(true, false, known ? kept + used : contract.tokens, new Money(known ? real : 0),
                new Money(known ? 0 : contract.money), contract.reservedAt, world.now(), "m", 1, known ? 0 : 1,
                Usage.NONE, Money.ZERO));
    }

    private void release(Contract contract) {
        end(contract, new Settlement(true, true, 0, Money.ZERO, Money.ZERO, contract.reservedAt, world.now(), "-", 1, 1,
                Usage.NONE, Money.ZERO));
    }

    private void abandon(Contract contract) {
        end(contract, new Settlement(true, false, contract.tokens, Money.ZERO, new Money(contract.money),
                contract.reservedAt, world.now(), "m", 0, 0, Usage.NONE, Money.ZERO));
    }

    private void end(Contract contract, Settlement settlement) {
        touch(contract.key);
        assertThat(world.settle(holder(contract.key), contract.id, settlement)).isTrue();
        long money = settlement.cost().nanos() + settlement.unsettled().nanos();
        for (Books books : List.of(scopes.get("key:" + contract.key), scopes.get("tenant"))) {
            roll(books);
            if (contract.state == State.LIVE) {
                books.spend(money);
            } else {
                Period paid = contract.chargedIn.get(books);
                books.daySpent += books.day == paid.day() ? money - contract.charged : 0;
                books.monthSpent += books.month == paid.month() ? money - contract.charged : 0;
            }
        }
        boolean estimated = contract.state == State.ESTIMATED;
        requests += settlement.requests() - (estimated ? 1 : 0);
        failures += settlement.failures() - (estimated ? 1 : 0);
        cost += money - (estimated ? contract.charged : 0);
        unsettled += settlement.unsettled().nanos() - (estimated ? contract.charged : 0);
        rates.get(contract.key).settle(contract.charges, contract.tokens - settlement.tokens(), contract.share);
        if (settlement.unsent()) {
            contract.request.cancel();
        }
        contract.state = State.ENDED;
        contract.settlement = settlement;
    }

    private void mark(Contract contract) {
        boolean sent = random.nextBoolean();
        world.limits.mark(holder(contract.key), contract.id, sent).await().indefinitely();
        contract.sent = sent;
        contract.expires = world.now() + LimitStore.LEASE_MILLIS;
    }

    private void renew(Contract contract) {
        world.limits.renew(holder(contract.key), List.of(contract.id));
        contract.expires = world.now() + LimitStore.LEASE_MILLIS;
        World.await("a lease was renewed", () -> world.expiry(holder(contract.key), contract.id) == contract.expires);
    }

    private void reap() {
        int most = LimitStore.REAP_AT_ONCE;
        int expired = reapInBooks(most);
        assertThat(world.reap(holder("a"))).isEqualTo(expired);
    }

    private int reapInBooks(int most) {
        List<Contract> expired = contracts.values().stream()
                .filter(contract -> contract.state == State.LIVE && contract.expires <= world.now())
                .sorted(Comparator.<Contract>comparingLong(contract -> contract.expires)
                        .thenComparing(contract -> contract.id))
                .limit(most).toList();
        for (Contract contract : expired) {
            touch(contract.key);
            contract.state = State.ESTIMATED;
            contract.charged = contract.sent ? contract.money : 0;
            for (Books books : List.of(scopes.get("key:" + contract.key), scopes.get("tenant"))) {
                roll(books);
                books.spend(contract.charged);
                contract.chargedIn.put(books, new Period(books.day, books.month));
            }
            requests++;
            failures++;
            cost += contract.charged;
            unsettled += contract.charged;
            if (!contract.sent) {
                contract.request.cancel();
                rates.get(contract.key).settle(contract.charges, contract.tokens, contract.share);
                contract.tokens = 0;
            }
        }
        return expired.size();
    }

    /** The same message again, as it happens when an answer was lost. */
    private void repeat() {
        List<Contract> all = List.copyOf(contracts.values());
        if (all.isEmpty()) {
            return;
        }
        Contract contract = all.get(random.nextInt(all.size()));
        history.add("  " + contract.id);
        if (contract.state == State.ENDED) {
            if (world.now() - contract.settlement.endedAt() < 500_000) {
                assertThat(world.settle(holder(contract.key), contract.id, contract.settlement)).isFalse();
            }
        } else if (contract.state == State.LIVE) {
            reapInBooks(8);
            touch(contract.key);
            Decision decision = world.topUp(holder(contract.key), contract.id, contract.step, contract.lastBilled,
                    contract.lastDemand);
            if (contract.state == State.LIVE) {
                assertThat(((Granted) decision).output()).isEqualTo(contract.lastDemand.output());
            } else {
                assertThat(decision).isInstanceOf(Ended.class);
            }
        }
    }

    /** Redis knows nothing of a call that ended a moment ago: its money counts, once. */
    private void settleUnknown() {
        String key = KEYS[random.nextInt(KEYS.length)];
        String id = "u" + ++lastId;
        Settlement settlement = new Settlement(random.nextBoolean(), false, 100, new Money(random.nextInt(1000)),
                Money.ZERO, world.now() - 10, world.now(), "m", 1, 0, Usage.NONE, Money.ZERO);
        touch(key);
        assertThat(world.settle(holder(key), id, settlement)).isTrue();
        assertThat(world.settle(holder(key), id, settlement)).isFalse();
        for (Books books : List.of(scopes.get("key:" + key), scopes.get("tenant"))) {
            roll(books);
            books.spend(settlement.cost().nanos());
        }
        requests++;
        cost += settlement.cost().nanos();
    }

    private void touch(String key) {
        roll(scopes.get("key:" + key));
        roll(scopes.get("tenant"));
        rates.get(key).touch(world.now());
    }

    /** Reserving looks only at what is limited. */
    private void touchLimited(String key) {
        roll(scopes.get("key:" + key));
        if (!tenantQuota.equals(Quota.UNLIMITED)) {
            roll(scopes.get("tenant"));
        }
        rates.get(key).touch(world.now());
    }

    private void roll(Books books) {
        long day = Math.floorDiv(world.now(), DAY);
        LocalDate date = LocalDate.ofEpochDay(day);
        long month = date.getYear() * 12L + date.getMonthValue();
        if (day > books.day) {
            books.day = day;
            books.daySpent = 0;
        }
        if (month > books.month) {
            books.month = month;
            books.monthSpent = 0;
        }
    }

    private long held(String scope) {
        return contracts.values().stream().filter(contract -> contract.state == State.LIVE)
                .filter(contract -> scope.equals("tenant") || scope.equals("key:" + contract.key))
                .mapToLong(contract -> contract.money).sum();
    }

    /** Granted = settled + reserved + charged unsettled, in every scope and in the usage rows. */
    private void compare() {
        scopes.forEach((name, books) -> {
            JsonNode state = world.scope(holder("a"), name);
            if (state == null) {
                return;
            }
            assertThat(state.path("held").asLong()).as("held in " + name)
                    // Where nothing is limited nothing is held either; what is spent counts.
                    .isEqualTo(name.equals("tenant") && tenantQuota.equals(Quota.UNLIMITED) ? 0 : held(name));
            assertThat(state.path("daySpent").asLong()).as("spent today in " + name).isEqualTo(books.daySpent);
            assertThat(state.path("monthSpent").asLong()).as("spent this month in " + name).isEqualTo(books.monthSpent);
        });
        assertThat(sum("requests")).as("requests").isEqualTo(requests);
        assertThat(sum("failures")).as("failures").isEqualTo(failures);
        assertThat(sum("cost_nanos")).as("cost").isEqualTo(cost);
        assertThat(sum("unsettled_nanos")).as("unsettled").isEqualTo(unsettled);
    }

    private long sum(String metric) {
        return world.usage(holder("a")).entrySet().stream().filter(row -> row.getKey().endsWith("|" + metric))
                .mapToLong(Map.Entry::getValue).sum();
    }

    /** Every gateway dies; after a while nothing is held any more, and all buckets are full again. */
    void comeToRest() {
        // The clock may have been set back again and again since the last renewal.
        world.pass(DAY);
        reap();
        compare();
        assertThat(world.liveLeases(holder("a"))).isZero();
        world.pass(DAY);
        for (String key : KEYS) {
            JsonNode state = world.scope(holder(key), "key:" + key);
            if (state != null) {
                long passed = world.now() - state.path("at").asLong();
                assertThat(state.path("held").asLong()).isZero();
                assertThat(state.path("tokens").asLong())
                        .isLessThanOrEqualTo(passed * state.path("tokensPerMinute").asLong());
                assertThat(state.path("requests").asLong())
                        .isLessThanOrEqualTo(passed * state.path("requestsPerMinute").asLong());
            }
            rates.get(key).requireNeverAbove();
        }
    }

    String history() {
        return String.join("\n", history.subList(Math.max(0, history.size() - 40), history.size()));
    }
}
