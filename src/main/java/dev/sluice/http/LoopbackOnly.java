package dev.sluice.http;

import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Where authentication is off, being bound to loopback is not enough: a web page from anywhere runs on this machine too.
 * A page whose name was made to point here (DNS rebinding) shows by the Host header, any other by its Origin.
 */
@Singleton
final class LoopbackOnly {
    private static final int BEFORE_BODIES = 950;
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

    private final boolean open;

    LoopbackOnly(Settings settings) {
        this.open = !settings.auth().enabled();
    }

    void register(@Observes Filters filters) {
        if (open) {
            filters.register(LoopbackOnly::check, BEFORE_BODIES);
        }
    }

    private static void check(RoutingContext context) {
        HostAndPort authority = context.request().authority();
        Optional<Refusal> refusal = refusal(authority == null ? "" : authority.host(),
                Optional.ofNullable(context.request().getHeader(HttpHeaders.ORIGIN)));
        if (refusal.isEmpty()) {
            context.next();
            return;
        }
        ErrorEnvelope.send(context.request(), refusal.get());
    }

    /** @param host without its port */
    static Optional<Refusal> refusal(String host, Optional<String> origin) {
        if (!loopback(host)) {
            return Optional.of(Refusal.of(403, "permission_error", "host_not_allowed",
                    "Authentication is off, so the Host header must be localhost, 127.0.0.1 or [::1]."));
        }
        if (origin.isPresent() && !loopbackOrigin(origin.get())) {
            return Optional.of(Refusal.of(403, "permission_error", "origin_not_allowed",
                    "Authentication is off, so pages of other origins than this machine may not ask."));
        }
        return Optional.empty();
    }

    private static boolean loopbackOrigin(String origin) {
        int scheme = origin.startsWith("http://") ? 7 : origin.startsWith("https://") ? 8 : -1;
        if (scheme < 0) {
            return false;
        }
        HostAndPort authority = HostAndPort.parseAuthority(origin.substring(scheme), -1);
        return authority != null && loopback(authority.host());
    }

    private static boolean loopback(String host) {
        return LOOPBACK.contains(host.toLowerCase(Locale.ROOT));
    }
}
