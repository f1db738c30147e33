package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Refused;
import dev.sluice.ledger.Dimension;
import dev.sluice.ledger.UsageQuery;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageParametersTest {
    private static final LocalDate TODAY = LocalDate.of(2026, 11, 23);
    private static final Set<Dimension> ALL = EnumSet.allOf(Dimension.class);

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = { "-, -, 2026-11-23, 2026-11-23", "2026-11-01, -, 2026-11-01, 2026-11-23",
            "-, 2026-11-01, 2026-11-01, 2026-11-01", "2026-11-01, 2026-11-02, 2026-11-01, 2026-11-02",
            "2025-10-20, -, 2025-10-20, 2026-11-23"})
    void daysDefaultToToday(String from, String to, LocalDate first, LocalDate last) {
        UsageQuery query = UsageParameters.read(from, to, null, ALL).query(TODAY, Optional.empty());

        assertThat(query.from()).isEqualTo(first);
        assertThat(query.to()).isEqualTo(last);
    }

    @Test
    void groupsKeepTheOrderInWhichTheyWereAskedFor() {
        assertThat(UsageParameters.read(null, null, "model,day, tenant,model", ALL).groups())
                .isEqualTo(List.of(Dimension.MODEL, Dimension.DAY, Dimension.TENANT));
        assertThat(UsageParameters.read(null, null, "", ALL).groups()).isEmpty();
    }

    @Test
    void whatIsNoDayOrNoGroupIsTheClientsFault() {
        assertRefused("from", () -> UsageParameters.read("2026-11-31", null, null, ALL));
        assertRefused("to", () -> UsageParameters.read(null, "yesterday", null, ALL));
        assertRefused("to", () -> UsageParameters.read(null, "+999999999-12-31", null, ALL));
        assertRefused("group", () -> UsageParameters.read(null, null, "day,hour", ALL));
        assertRefused("group", () -> UsageParameters.read(null, null, "day,", ALL));
        assertRefused("group", () -> UsageParameters.read(null, null, "tenant", EnumSet.of(Dimension.DAY)));
        assertRefused("from", () -> UsageParameters.read("2026-11-24", null, null, ALL).query(TODAY,
                Optional.empty()));
        assertRefused("from", () -> UsageParameters.read("2025-10-19", null, null, ALL).query(TODAY,
                Optional.empty()));
    }

    private static void assertRefused(String parameter, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().status()).isEqualTo(400);
            assertThat(refused.refusal().param()).contains(parameter);
        });
    }
}
