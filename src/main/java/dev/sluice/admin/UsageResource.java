package dev.sluice.admin;

import dev.sluice.http.UsageParameters;
import dev.sluice.ledger.Dimension;
import dev.sluice.ledger.UsageReader;
import dev.sluice.ledger.UsageReport;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.EnumSet;
import java.util.Optional;

/** What everybody has used, by any of day, tenant, key and model. */
@AdminOnly
@Path("/admin/usage")
public final class UsageResource {
    private final UsageReader usage;

    UsageResource(UsageReader usage) {
        this.usage = usage;
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Uni<UsageReport> all(@QueryParam("from") String from, @QueryParam("to") String to,
            @QueryParam("group") String group) {
        UsageParameters asked = UsageParameters.read(from, to, group, EnumSet.allOf(Dimension.class));
        return usage.today().flatMap(today -> usage.read(asked.query(today, Optional.empty())));
    }
}
