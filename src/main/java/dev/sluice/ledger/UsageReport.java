package dev.sluice.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.Money;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * Usage as the contract shows it.
 *
 * @param rows one for each combination of the groups that were asked for; without groups one, or none for no requests
 * @param total the sum of the rows
 */
public record UsageReport(List<UsageRow> rows, UsageRow total) {

    /**
     * Money in USD as a decimal string. Tokens are those that providers counted: what the cache answered used none.
     *
     * @param day null, as the other three, where it was not grouped by
     * @param successRate of the requests, 0 to 1; 0 where there were none
     * @param averageCostUsd cost per successful request, half up to the nano-dollar; 0 where none was
     * @param savedRoutingUsd negative where routing chose dearer models than the baseline
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record UsageRow(String day, String tenant, String key, String model, long requests, long failures,
            @JsonProperty("success_rate") double successRate, @JsonProperty("input_tokens") long inputTokens,
            @JsonProperty("output_tokens") long outputTokens,
            @JsonProperty("cached_input_tokens") long cachedInputTokens, @JsonProperty("cost_usd") String costUsd,
            @JsonProperty("average_cost_usd") String averageCostUsd,
            @JsonProperty("saved_cache_usd") String savedCacheUsd,
            @JsonProperty("saved_routing_usd") String savedRoutingUsd, @JsonProperty("hits_exact") long hitsExact,
            @JsonProperty("hits_semantic") long hitsSemantic, @JsonProperty("hits_coalesced") long hitsCoalesced) {

        static UsageRow of(String day, String tenant, String key, String model, Figures figures) {
            long requests = figures.get(Metric.REQUESTS);
            long failures = figures.get(Metric.FAILURES);
            long cost = figures.get(Metric.COST_NANOS);
            return new UsageRow(day, tenant, key, model, requests, failures,
                    requests == 0 ? 0 : (double) (requests - failures) / requests, figures.get(Metric.INPUT_TOKENS),
                    figures.get(Metric.OUTPUT_TOKENS), figures.get(Metric.CACHED_INPUT_TOKENS), usd(cost),
                    usd(average(cost, requests - failures)), usd(figures.get(Metric.SAVED_CACHE_NANOS)),
                    usd(figures.get(Metric.SAVED_ROUTING_NANOS)), figures.get(Metric.HITS_EXACT),
                    figures.get(Metric.HITS_SEMANTIC), figures.get(Metric.HITS_COALESCED));
        }

        private static long average(long nanos, long count) {
            return count == 0
                    ? 0
                    : BigDecimal.valueOf(nanos).divide(BigDecimal.valueOf(count), RoundingMode.HALF_UP).longValue();
        }

        private static String usd(long nanos) {
            return new Money(nanos).toString();
        }
    }
}
