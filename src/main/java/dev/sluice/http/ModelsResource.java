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
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The models that the asking key may use, and the names that ask the gateway to choose. One list for both dialects: each
 * finds its own members in it.
 */
@Path("/v1/models")
public final class ModelsResource {
    private final Authentication authentication;
    private final Settings settings;
    private final Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);

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
        return new Models("list", cards, false, cards.isEmpty() ? null : cards.get(0).id(),
                cards.isEmpty() ? null : cards.get(cards.size() - 1).id());
    }

    private ModelCard card(String id, String owner) {
        return new ModelCard(id, "model", started.getEpochSecond(), owner, "model", id, started.toString());
    }

    /** OpenAI's list envelope, and Anthropic's page, of which there is one. */
    public record Models(String object, List<ModelCard> data, @JsonProperty("has_more") boolean hasMore,
            @JsonProperty("first_id") String firstId, @JsonProperty("last_id") String lastId) {}

    /** OpenAI's model object and Anthropic's; they were created when this replica started, in seconds and in RFC 3339. */
    public record ModelCard(String id, String object, long created, @JsonProperty("owned_by") String ownedBy,
            String type, @JsonProperty("display_name") String displayName,
            @JsonProperty("created_at") String createdAt) {}
}
