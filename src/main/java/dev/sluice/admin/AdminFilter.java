package dev.sluice.admin;

import dev.sluice.Reply.Refusal;
import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import dev.sluice.Refused;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The guard of every resource that is {@link AdminOnly}: bound to the resource and not to its path, because paths have
 * more than one spelling.
 */
@AdminOnly
@Provider
@Singleton
@Priority(Priorities.AUTHENTICATION)
public final class AdminFilter implements ContainerRequestFilter {
    private static final String BEARER = "Bearer ";

    private final Supplier<Settings.Auth> auth;

    /** @param settings not to be read before the first request: filters of a native executable are made while it is built */
    @Inject
    AdminFilter(Instance<Settings> settings) {
        this(() -> settings.get().auth());
    }

    AdminFilter(Supplier<Settings.Auth> auth) {
        this.auth = auth;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        check(request.getMethod(), request.getHeaderString(HttpHeaders.AUTHORIZATION));
    }

    /**
     * Returns when the request may go on.
     *
     * @param authorization the header's value; null: there is none
     * @throws NotFoundException without an admin token in the configuration
     * @throws Refused with 401 for a token that is neither, with 403 for the viewer token where only the admin's will do
     */
    void check(String method, String authorization) {
        Optional<Secret> admin = auth.get().adminToken();
        Optional<Secret> viewer = auth.get().viewerToken();
        if (admin.isEmpty()) {
            throw new NotFoundException();
        }
        String token = token(authorization);
        // Both are compared each time, so that the time tells nothing of which one was nearer.
        boolean isAdmin = admin.get().matches(token);
        boolean isViewer = viewer.isPresent() && viewer.get().matches(token);
        if (isAdmin || isViewer && reads(method)) {
            return;
        }
        if (isViewer) {
            throw new Refused(Refusal.of(403, "permission_error", "read_only_token",
                    "The viewer token may only read; this takes the admin token."));
        }
        throw new Refused(Refusal.of(401, "authentication_error", "invalid_admin_token",
                "This takes the admin token as `Authorization: Bearer …`."));
    }

    private static boolean reads(String method) {
        return HttpMethod.GET.equals(method) || HttpMethod.HEAD.equals(method);
    }

    private static String token(String authorization) {
        return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? authorization.substring(BEARER.length()).strip()
                : "";
    }
}
