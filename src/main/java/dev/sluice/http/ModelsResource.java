package dev.sluice.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.Caller;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** OpenAI's list of models: those that the asking key may use, and the names that ask the gateway to choose. */
@Path("/v1/models")
public final class ModelsResource {
    private final Authentication authentication;
    private final Settings settings;
    private final long started = Instant.now().getEpochSecond();

    ModelsResource(Authentication authentication, Settings settings) {
        this.authentication = authentication;
        this.settings = settings;
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Uni<Models> list(@Context HttpServerRequest http) {
        return authentication.caller(http).map(this::visibleTo);
    }

    private Models visibleTo(Caller caller) {
        List<ModelCard> cards = new ArrayList<>();
        if (!settings.routing().tiers().isEmpty()) {
            settings.routing().autoNames().forEach(name -> cards.add(card(name, "sluice")));
        }
        settings.models().values().stream().filter(model -> caller.mayUse(model.name()))
                .forEach(model -> cards.add(card(model.name(), model.provider())));
        return new Models("list", cards);
    }

    private ModelCard card(String id, String owner) {
        return new ModelCard(id, "model", started, owner);
    }

    /** OpenAI's list envelope. */
    public record Models(String object, List<ModelCard> data) {}

    /** OpenAI's model object; created is when this replica started, in seconds. */
    public record ModelCard(String id, String object, long created, @JsonProperty("owned_by") String ownedBy) {}
}
