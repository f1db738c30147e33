package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.config.Settings.Auth;
import dev.sluice.Refused;
import dev.sluice.tenant.TestSettings;
import jakarta.ws.rs.NotFoundException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminFilterTest {
    private static final String ADMIN = "Bearer " + TestSettings.ADMIN.value();
    private static final String VIEWER = "Bearer " + TestSettings.VIEWER.value();

    private final AdminFilter filter = new AdminFilter(() -> TestSettings.settings().auth());

    @ParameterizedTest
    @ValueSource(strings = { "GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})
    void theAdminTokenOpensEverything(String method) {
        assertThatCode(() -> filter.check(method, ADMIN)).doesNotThrowAnyException();
        assertThatCode(() -> filter.check(method, ADMIN.replace("Bearer", "bearer"))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = { "GET", "HEAD"})
    void theViewerTokenReads(String method) {
        assertThatCode(() -> filter.check(method, VIEWER)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = { "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})
    void theViewerTokenChangesNothing(String method) {
        assertThatThrownBy(() -> filter.check(method, VIEWER)).isInstanceOfSatisfying(Refused.class,
                refused -> AdminRefusals.assertRefusal(refused, 403, "permission_error", "read_only_token"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = { "", "Bearer ", "Bearer", "Bearer wrong", "Bearer admin-toke", "Bearer admin-tokenn",
            "admin-token", "Basic admin-token", "Bearer admin-token, Bearer admin-token", "Bearer sk-bootstrap"})
    void nothingElseOpensAnything(String authorization) {
        assertThatThrownBy(() -> filter.check("GET", authorization)).isInstanceOfSatisfying(Refused.class,
                refused -> AdminRefusals.assertRefusal(refused, 401, "authentication_error", "invalid_admin_token"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = { "Bearer ", "Bearer viewer-token"})
    void withoutAnAdminTokenThereIsNothing(String authorization) {
        AdminFilter none = new AdminFilter(() -> new Auth(true, Optional.empty(), Optional.of(TestSettings.VIEWER)));

        assertThatThrownBy(() -> none.check("GET", authorization)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void withoutAViewerTokenOnlyTheAdminReads() {
        AdminFilter alone = new AdminFilter(() -> new Auth(true, Optional.of(TestSettings.ADMIN), Optional.empty()));

        assertThatThrownBy(() -> alone.check("GET", VIEWER)).isInstanceOf(Refused.class);
        assertThatCode(() -> alone.check("GET", ADMIN)).doesNotThrowAnyException();
    }
}
