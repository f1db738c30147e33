package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.upstream.ProviderState;
import dev.sluice.upstream.Providers;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.OptionalLong;

/** How this replica's providers are doing. */
@Path("/admin/providers")
@AdminOnly
public final class ProvidersResource {
    private static final double TENTHS_PER_NANO = 1e-5;

    private final Providers providers;

    ProvidersResource(Providers providers) {
        this.providers = providers;
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Listing list() {
        return new Listing(providers.states().stream().map(ProvidersResource::card).toList());
    }

    private static Card card(ProviderState state) {
        return new Card(state.name(), state.type(), state.breaker(), state.inFlight(), millis(state.p50Nanos()),
                millis(state.p99Nanos()), Math.round(state.errorRate() * 1000) / 1000.0);
    }

    /** With one decimal; null where nothing was measured. */
    private static Double millis(OptionalLong nanos) {
        return nanos.isPresent() ? Math.round(nanos.getAsLong() * TENTHS_PER_NANO) / 10.0 : null;
    }

    /** Lists come as {@code data}. */
    public record Listing(List<Card> data) {}

    /** Percentiles over the latest successful calls, error rate over the latest calls of the last ten minutes. */
    public record Card(String name, String type, String breaker, @JsonProperty("in_flight") int inFlight,
            @JsonProperty("p50_ms") Double p50Ms, @JsonProperty("p99_ms") Double p99Ms,
            @JsonProperty("error_rate") double errorRate) {}
}
