package dev.sluice.http;

import dev.sluice.ledger.Dimension;
import dev.sluice.ledger.UsageReader;
import dev.sluice.ledger.UsageReport;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.EnumSet;
import java.util.Optional;

/** What the asking key has used; by day and model where that is asked for. */
@Path("/v1/usage")
public final class UsageResource {
    private final Authentication authentication;
    private final UsageReader usage;

    UsageResource(Authentication authentication, UsageReader usage) {
        this.authentication = authentication;
        this.usage = usage;
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Uni<UsageReport> own(@Context HttpServerRequest http, @QueryParam("from") String from,
            @QueryParam("to") String to, @QueryParam("group") String group) {
        return authentication.caller(http).flatMap(caller -> {
            UsageParameters asked = UsageParameters.read(from, to, group,
                    EnumSet.of(Dimension.DAY, Dimension.MODEL));
            return usage.today().flatMap(today -> usage.read(asked.query(today, Optional.of(caller))));
        });
    }
}
