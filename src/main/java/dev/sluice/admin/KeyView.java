package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.tenant.ApiKey;
import dev.sluice.tenant.Keys.Issued;
import java.time.Instant;
import java.util.Set;

/**
 * A key as the admin API shows it.
 *
 * @param budgetUsdPerDay decimal, US dollars; 0: unlimited
 * @param budgetUsdPerMonth decimal, US dollars; 0: unlimited
 * @param createdAt ISO 8601 in UTC; null for a bootstrap key
 * @param source {@code api}, or {@code configuration} for a bootstrap key
 * @param secret only in the answer that made it; otherwise the member is not there
 * @param otherSecretsEndAt in the answer to a rotation: when the last of the secrets before ends; otherwise, and where
 *        none works any more, the member is not there
 */
public record KeyView(String name, String tenant, @JsonProperty("requests_per_minute") long requestsPerMinute,
        @JsonProperty("tokens_per_minute") long tokensPerMinute, long burst,
        @JsonProperty("budget_usd_per_day") String budgetUsdPerDay,
        @JsonProperty("budget_usd_per_month") String budgetUsdPerMonth, boolean clamp,
        @JsonProperty("max_priority") String maxPriority, Set<String> models, boolean enabled,
        @JsonProperty("created_at") String createdAt, String source,
        @JsonInclude(JsonInclude.Include.NON_NULL) String secret,
        @JsonProperty("other_secrets_end_at") @JsonInclude(JsonInclude.Include.NON_NULL) String otherSecretsEndAt) {

    static KeyView of(ApiKey key) {
        return of(key, null, null);
    }

    static KeyView of(Issued issued) {
        return of(issued.key(), issued.secret(), issued.othersEndAt().map(Instant::toString).orElse(null));
    }

    private static KeyView of(ApiKey key, String secret, String otherSecretsEndAt) {
        return new KeyView(key.name(), key.tenant(), key.quota().requestsPerMinute(), key.quota().tokensPerMinute(),
                key.quota().burst(), key.quota().budgetPerDay().toString(), key.quota().budgetPerMonth().toString(),
                key.clamp(), key.maxPriority().toString(), key.models(), key.enabled(),
                key.createdAt().map(Instant::toString).orElse(null), key.bootstrap() ? "configuration" : "api", secret,
                otherSecretsEndAt);
    }

    /** Not the secret. */
    @Override
    public String toString() {
        return "KeyView[" + name + "]";
    }
}
