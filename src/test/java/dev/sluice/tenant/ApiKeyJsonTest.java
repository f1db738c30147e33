package dev.sluice.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ApiKeyJsonTest {
    private static final ApiKey KEY = new ApiKey("k", "t", new Quota(60, 1_000, 10, new Money(5), new Money(7)), true,
            Priority.HIGH, Set.of("m"), true, Optional.of(Instant.ofEpochMilli(1_795_478_400_000L)),
            List.of(new KeySecret(SecretHash.of("sk-a"), KeySecret.NEVER), new KeySecret(SecretHash.of("sk-b"), 9)));

    @Test
    void whatWasWrittenIsRead() {
        assertThat(ApiKeyJson.read(ApiKeyJson.write(KEY))).contains(KEY);
    }

    @Test
    void whatALaterVersionAddsIsPassedOver() {
        String later = ApiKeyJson.write(KEY).replaceFirst("\\{", "{\"regions\":[\"eu\"],")
                .replace("{\"sha256\"", "{\"hint\":\"sk-…\",\"sha256\"");

        assertThat(ApiKeyJson.read(later)).contains(KEY);
    }

    @Test
    void aLaterFormatIsNoKey() {
        assertThat(ApiKeyJson.read(ApiKeyJson.write(KEY).replace("\"format\":1", "\"format\":2"))).isEmpty();
    }
}
