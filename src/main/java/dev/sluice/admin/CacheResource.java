package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.cache.CacheAdministration;
import dev.sluice.cache.CacheAdministration.Figures;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Optional;

/** What the cache is worth, and how to empty it. */
@Path("/admin/cache")
@AdminOnly
@Produces(MediaType.APPLICATION_JSON)
public final class CacheResource {
    private final CacheAdministration cache;
    private final Audit audit;

    CacheResource(CacheAdministration cache, Audit audit) {
        this.cache = cache;
        this.audit = audit;
    }

    /** All replicas together; saved is a decimal string in US dollars. */
    public record Statistics(@JsonProperty("exact_hits") long exactHits,
            @JsonProperty("semantic_hits") long semanticHits, long coalesced, long misses, long bypassed,
            @JsonProperty("hit_rate") double hitRate, long evictions, long entries, long bytes,
            @JsonProperty("saved_usd") String savedUsd) {}

    /** How many entries a purge removed. */
    public record Purged(long removed) {}

    @GET
    public Uni<Statistics> statistics() {
        return cache.figures().map(CacheResource::statistics);
    }

    private static Statistics statistics(Figures figures) {
        return new Statistics(figures.exactHits(), figures.semanticHits(), figures.coalesced(), figures.misses(),
                figures.bypassed(), figures.hitRate(), figures.evictions(), figures.entries(), figures.bytes(),
                figures.saved().toString());
    }

    /** Each parameter narrows the purge; without any, everything goes. */
    @DELETE
    public Uni<Purged> purge(@QueryParam("tenant") String tenant, @QueryParam("model") String model,
            @QueryParam("request_id") String requestId) {
        Optional<String> ofTenant = given(tenant);
        Optional<String> ofModel = given(model);
        Optional<String> ofRequest = given(requestId);
        String narrowed = "tenant=" + ofTenant.orElse("*") + ", model=" + ofModel.orElse("*") + ", request_id="
                + ofRequest.orElse("*");
        return audit.record("cache.purge", "cache", narrowed)
                .flatMap(recorded -> ofRequest.map(id -> cache.purge(id, ofTenant, ofModel))
                        .orElseGet(() -> cache.purge(ofTenant, ofModel)))
                .map(Purged::new);
    }

    private static Optional<String> given(String parameter) {
        return Optional.ofNullable(parameter).filter(text -> !text.isBlank());
    }
}
