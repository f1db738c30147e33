package dev.sluice.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Money;
import dev.sluice.config.Settings.Tenant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class TenantsTest {
    private final Tenants tenants = new Tenants(TestSettings.settings());

    @Test
    void aConfiguredTenantHasItsTimeZoneAndBudgets() {
        assertThat(tenants.of("a")).isEqualTo(new Tenant("a", ZoneId.of("Europe/Berlin"), new Money(5), new Money(7)));
    }

    @Test
    void anyOtherTenantCountsInUtcAndHasNoBudget() {
        assertThat(tenants.of("b")).isEqualTo(new Tenant("b", ZoneOffset.UTC, Money.ZERO, Money.ZERO));
    }
}
