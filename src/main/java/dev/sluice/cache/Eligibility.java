package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Request;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.config.Settings;
import dev.sluice.dialect.Dialect;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import java.util.OptionalDouble;

/**
 * Which requests may be answered with what others were answered, and their answers kept for others.
 *
 * @param maxTemperature requests with a higher one are meant to be answered differently; empty: none is too high
 */
record Eligibility(boolean enabled, OptionalDouble maxTemperature) {

    static Eligibility of(Settings.Cache settings) {
        return new Eligibility(settings.enabled(), settings.maxTemperature());
    }

    boolean admits(Exchange exchange) {
        Request request = exchange.request();
        return admits(exchange.wishes().cache()) && !isHot(request)
                && !Dialect.of(request.endpoint()).touchesUpstreamState(request);
    }

    /** Whether the client wants it. */
    boolean admits(CacheWish wish) {
        return enabled && wish.lookup() != Lookup.OFF && !(wish.noCache() && wish.noStore());
    }

    /** Who does not say how warm it wants its answers gets them at 1. */
    private boolean isHot(Request request) {
        if (maxTemperature.isEmpty()) {
            return false;
        }
        Json body = request.body();
        int temperature = body.member(body.root(), "temperature");
        double asked = body.is(temperature, Kind.NUMBER) ? Double.parseDouble(body.literal(temperature)) : 1;
        return asked > maxTemperature.getAsDouble();
    }
}
