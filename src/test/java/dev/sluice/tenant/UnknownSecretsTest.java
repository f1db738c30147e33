package dev.sluice.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UnknownSecretsTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final UnknownSecrets unknown = new UnknownSecrets(nanos::get);
    private final SecretHash secret = SecretHash.of("x");

    @Test
    void remembersForAWhile() {
        assertThat(unknown.contains(secret)).isFalse();

        unknown.add(secret);

        assertThat(unknown.contains(secret)).isTrue();
        nanos.addAndGet(UnknownSecrets.GENERATION_NANOS);
        assertThat(unknown.contains(SecretHash.of("x"))).isTrue();
    }

    @Test
    void forgetsAfterThreeGenerationsAtTheLatestWhetherAskedMeanwhileOrNot() {
        unknown.add(secret);
        nanos.addAndGet(3 * UnknownSecrets.GENERATION_NANOS);
        assertThat(unknown.contains(secret)).isFalse();

        unknown.add(secret);
        for (int i = 0; i < 30; i++) {
            nanos.addAndGet(UnknownSecrets.GENERATION_NANOS / 10);
            unknown.add(SecretHash.of("other " + i));
        }
        assertThat(unknown.contains(secret)).isFalse();
    }

    @Test
    void isBoundedHoweverManyArePresented() {
        for (int i = 0; i < 5 * UnknownSecrets.MAX_ENTRIES; i++) {
            unknown.add(SecretHash.of("random " + i));
            assertThat(unknown.size()).isLessThanOrEqualTo(UnknownSecrets.MAX_ENTRIES);
        }
        assertThat(unknown.size()).isGreaterThanOrEqualTo(UnknownSecrets.MAX_ENTRIES / 2);
    }

    @Test
    void forgetsEverythingWhenAKeyMayHaveChanged() {
        unknown.add(secret);

        unknown.clear();

        assertThat(unknown.contains(secret)).isFalse();
    }
}
