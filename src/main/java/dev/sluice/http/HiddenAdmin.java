package dev.sluice.http;

import dev.sluice.config.Settings;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Where there is no admin token, not even a wrong method shows that there is something. This hides, it does not guard: the
 * guard is {@code admin.AdminFilter}.
 */
@Singleton
final class HiddenAdmin {
    private static final int BEFORE_BODIES = 940;
    private static final String PATHS = "/admin/";
    private static final int NOT_FOUND = 404;

    private final boolean hidden;

    HiddenAdmin(Settings settings) {
        this.hidden = settings.auth().adminToken().isEmpty();
    }

    void register(@Observes Filters filters) {
        if (hidden) {
            filters.register(HiddenAdmin::hide, BEFORE_BODIES);
        }
    }

    private static void hide(RoutingContext context) {
        if (!context.normalizedPath().startsWith(PATHS)) {
            context.next();
            return;
        }
        ErrorEnvelope.send(context.request(), HttpFaults.refusal(NOT_FOUND));
    }
}
