package dev.sluice.http;

import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.Wishes;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import io.vertx.core.http.HttpServerRequest;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The request headers by which a client asks something of the gateway itself. */
final class WishHeaders {
    private static final String PRIORITY = "x-sluice-priority";
    private static final String CACHE = "x-sluice-cache";
    private static final String THRESHOLD = "x-sluice-cache-threshold";
    private static final String MAX_COST = "x-sluice-max-cost-usd";
    private static final String MAX_LATENCY = "x-sluice-max-latency-ms";
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    private static final int MAX_KEY = 255;
    private static final String REPLAY_DELAY = "x-sluice-replay-delay";
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(10);
    private static final Pattern DELAY = Pattern.compile("([0-9]{1,6})(?:ms|(s))");
    private static final String MAX_AGE = "max-age=";

    private WishHeaders() {
    }

    /** @throws Refused with 400 when one of our own headers cannot be understood */
    static Wishes read(HttpServerRequest request) {
        return new Wishes(priority(request.getHeader(PRIORITY)),
                cache(request.getHeader(CACHE), request.getHeader("Cache-Control")),
                threshold(request.getHeader(THRESHOLD)), maxCost(request.getHeader(MAX_COST)),
                maxLatency(request.getHeader(MAX_LATENCY)), idempotencyKey(request.getHeader(IDEMPOTENCY_KEY)),
                false, replayDelay(request.getHeader(REPLAY_DELAY)));
    }

    private static Optional<String> idempotencyKey(String value) {
        if (value != null && (value.isBlank() || value.length() > MAX_KEY)) {
            throw refused(IDEMPOTENCY_KEY, "1 to " + MAX_KEY + " characters");
        }
        return Optional.ofNullable(value);
    }

    private static Optional<Priority> priority(String value) {
        if (value == null) {
            return Optional.empty();
        }
        return Optional.of(Priority.of(value.strip().toLowerCase(Locale.ROOT))
                .orElseThrow(() -> refused(PRIORITY, "low, medium, high or critical")));
    }

    private static CacheWish cache(String lookup, String cacheControl) {
        if (lookup == null && cacheControl == null) {
            return CacheWish.DEFAULT;
        }
        boolean noCache = false;
        boolean noStore = false;
        boolean onlyIfCached = false;
        OptionalLong maxAge = OptionalLong.empty();
        if (cacheControl != null) {
            for (String part : cacheControl.toLowerCase(Locale.ROOT).split(",")) {
                String directive = part.strip();
                switch (directive) {
                    case "no-cache" -> noCache = true;
                    case "no-store" -> noStore = true;
                    case "only-if-cached" -> onlyIfCached = true;
                    default -> {
                        if (directive.startsWith(MAX_AGE)) {
                            maxAge = OptionalLong.of(seconds(directive.substring(MAX_AGE.length())));
                        }
                    }
                }
            }
        }
        return new CacheWish(lookup(lookup), noCache, noStore, maxAge, onlyIfCached);
    }

    /** RFC 9111, 4.2.1: who sends an age that cannot be read is to be treated as wanting a fresh answer. */
    private static long seconds(String value) {
        String digits = value.startsWith("\"") && value.endsWith("\"") && value.length() > 1
                ? value.substring(1, value.length() - 1)
                : value;
        try {
            return Math.max(0, Long.parseLong(digits));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static Lookup lookup(String value) {
        if (value == null) {
            return Lookup.SEMANTIC;
        }
        return switch (value.strip().toLowerCase(Locale.ROOT)) {
            case "off" -> Lookup.OFF;
            case "exact" -> Lookup.EXACT;
            case "semantic" -> Lookup.SEMANTIC;
            default -> throw refused(CACHE, "off, exact or semantic");
        };
    }

    private static OptionalDouble threshold(String value) {
        if (value == null) {
            return OptionalDouble.empty();
        }
        BigDecimal threshold = decimal(THRESHOLD, value, "a number from 0 to 1");
        if (threshold.compareTo(BigDecimal.ONE) > 0) {
            throw refused(THRESHOLD, "a number from 0 to 1");
        }
        return OptionalDouble.of(threshold.doubleValue());
    }

    private static Optional<Money> maxCost(String value) {
        if (value == null) {
            return Optional.empty();
        }
        String expected = "a decimal number of US dollars that is not negative";
        try {
            return Optional.of(Money.ofUsd(decimal(MAX_COST, value, expected)));
        } catch (ArithmeticException e) {
            throw refused(MAX_COST, expected);
        }
    }

    private static OptionalLong maxLatency(String value) {
        if (value == null) {
            return OptionalLong.empty();
        }
        String expected = "a whole number of milliseconds that is not negative";
        try {
            return OptionalLong.of(decimal(MAX_LATENCY, value, expected).longValueExact());
        } catch (ArithmeticException e) {
            throw refused(MAX_LATENCY, expected);
        }
    }

    private static Duration replayDelay(String value) {
        if (value == null) {
            return Duration.ZERO;
        }
        Matcher delay = DELAY.matcher(value.strip());
        if (delay.matches()) {
            Duration pause = Duration.ofMillis(Long.parseLong(delay.group(1)) * (delay.group(2) == null ? 1 : 1000));
            if (pause.compareTo(LONGEST_DELAY) <= 0) {
                return pause;
            }
        }
        throw refused(REPLAY_DELAY, "a time like 20ms or 1s, at most 10s");
    }

    private static BigDecimal decimal(String header, String value, String expected) {
        try {
            BigDecimal number = new BigDecimal(value.strip());
            if (number.signum() >= 0 && Math.abs(number.scale()) <= 30) { // a huge exponent would cost seconds to expand
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw refused(header, expected);
    }

    private static Refused refused(String header, String expected) {
        return new Refused(Refusal.invalid(header, "The header " + header + " must be " + expected + "."));
    }
}
