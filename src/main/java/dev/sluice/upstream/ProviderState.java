package dev.sluice.upstream;

import java.util.OptionalLong;

/**
 * How a provider is doing, as this replica sees it.
 *
 * @param breaker closed, open or half_open
 * @param inFlight calls being waited for now
 * @param p50Nanos of its latest successful calls; empty where there were none in the last ten minutes
 * @param p99Nanos likewise
 * @param errorRate failed calls among the latest, 0..1
 */
public record ProviderState(String name, String type, String breaker, int inFlight, OptionalLong p50Nanos,
        OptionalLong p99Nanos, double errorRate) {}
