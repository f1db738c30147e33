package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.Money;
import dev.sluice.Quota;
import dev.sluice.Reply.Refusal;
import dev.sluice.config.Settings;
import dev.sluice.Refused;
import dev.sluice.tenant.ApiKey;
import dev.sluice.tenant.ApiKey.Settable;
import dev.sluice.tenant.Keys;
import dev.sluice.tenant.Keys.Issued;
import dev.sluice.tenant.TooManySecrets;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jboss.resteasy.reactive.RestResponse.Status;

/**
 * The keys. Those of the configuration are shown, and changed where they are written; the others live in Redis. A change
 * holds on this replica when it is answered, on the others within a second.
 */
@AdminOnly
@Path("/admin/keys")
@Produces(MediaType.APPLICATION_JSON)
public final class KeysResource {
    private static final String OVERLAP = "overlap_seconds";
    /** A day: long enough to deploy the new secret, short enough that a forgotten old one does not live on. */
    private static final long DEFAULT_OVERLAP_SECONDS = Duration.ofDays(1).toSeconds();
    private static final long MAX_OVERLAP_SECONDS = Duration.ofDays(30).toSeconds();
    private static final int MAX_PAGE = 1000;
    private static final Pattern PAGE_SIZE = Pattern.compile("[1-9]\\d{0,2}|1000");

    private final Keys keys;
    private final Audit audit;
    private final KeyFields fields;
    private final Settable standard;

    KeysResource(Keys keys, Audit audit, Settings settings) {
        this.keys = keys;
        this.audit = audit;
        this.fields = new KeyFields(settings.models().keySet(), settings.routing().autoNames());
        Quota quota = settings.limits().defaultQuota();
        this.standard = new Settable("default",
                new Quota(quota.requestsPerMinute(), quota.tokensPerMinute(), quota.burst(), Money.ZERO, Money.ZERO),
                false, settings.limits().defaultMaxPriority(), Set.of("*"), true);
    }

    /** The keys in the order of their names, and whether there are more after these. */
    public record KeyList(List<KeyView> data, @JsonProperty("has_more") boolean hasMore) {}

    /**
     * @param limit how many at most, 1 to 1000, which is the default
     * @param after begin after this name
     */
    @GET
    public Uni<KeyList> list(@QueryParam("limit") String limit, @QueryParam("after") String after) {
        int most = limit == null ? MAX_PAGE : pageSize(limit);
        return keys.page(after == null ? "" : after, most + 1).map(found -> new KeyList(
                found.stream().limit(most).map(KeyView::of).toList(), found.size() > most));
    }

    private static int pageSize(String text) {
        if (!PAGE_SIZE.matcher(text).matches()) {
            throw Body.refused("limit", "`limit` must be a whole number from 1 to " + MAX_PAGE + ".");
        }
        return Integer.parseInt(text);
    }

    @GET
    @Path("{name}")
    public Uni<KeyView> show(@PathParam("name") String name) {
        return existing(name).map(KeyView::of);
    }

    /** Members that are not given are as {@code sluice.limits.default} has them; budgets are unlimited. */
    @POST
    public Uni<RestResponse<KeyView>> create(byte[] json) {
        Body body = Body.read(json);
        KeyFields.requireKnown(body, true);
        String name = KeyFields.name(body);
        Settable settable = fields.over(standard, body);
        return keys.find(name).flatMap(found -> {
            if (found.isPresent()) {
                throw taken(name);
            }
            return audit.record("key.create", name, KeyFields.describe(settable));
        }).flatMap(recorded -> keys.create(name, settable))
                .map(issued -> created(issued.orElseThrow(() -> taken(name))));
    }

    private static RestResponse<KeyView> created(Issued issued) {
        return secret(ResponseBuilder.create(Status.CREATED, KeyView.of(issued)))
                .header(HttpHeaders.LOCATION, "/admin/keys/" + issued.key().name()).build();
    }

    private static ResponseBuilder<KeyView> secret(ResponseBuilder<KeyView> response) {
        return response.header(HttpHeaders.CACHE_CONTROL, "no-store");
    }

    /** Changes what the body names and nothing else. */
    @PATCH
    @Path("{name}")
    public Uni<KeyView> change(@PathParam("name") String name, byte[] json) {
        Body body = Body.read(json);
        KeyFields.requireKnown(body, false);
        return changeable(name)
                .flatMap(key -> audit.record("key.change", name,
                        KeyFields.describe(key.settable(), fields.over(key.settable(), body))))
                .flatMap(recorded -> keys.change(name, before -> fields.over(before, body)))
                .map(key -> KeyView.of(key.orElseThrow(() -> absent(name))));
    }

    @DELETE
    @Path("{name}")
    public Uni<Void> delete(@PathParam("name") String name) {
        return changeable(name).flatMap(key -> audit.record("key.delete", name, ""))
                .flatMap(recorded -> keys.delete(name)).invoke(deleted -> {
                    if (!deleted) {
                        throw absent(name);
                    }
                }).replaceWithVoid();
    }

    /** Takes {@code {"overlap_seconds": 86400}} or nothing: how long the secrets of before go on working. */
    @POST
    @Path("{name}/rotate")
    public Uni<RestResponse<KeyView>> rotate(@PathParam("name") String name, byte[] json) {
        long overlap = json == null || json.length == 0 ? DEFAULT_OVERLAP_SECONDS : overlap(Body.read(json));
        return changeable(name).flatMap(key -> audit.record("key.rotate", name, OVERLAP + "=" + overlap))
                .flatMap(recorded -> keys.rotate(name, Duration.ofSeconds(overlap)))
                .onFailure(TooManySecrets.class).transform(e -> conflict("too_many_secrets", e.getMessage()))
                .map(issued -> secret(ResponseBuilder.ok(KeyView.of(issued.orElseThrow(() -> absent(name))))).build());
    }

    private static long overlap(Body body) {
        for (String member : body.members()) {
            if (!OVERLAP.equals(member)) {
                throw Body.refused(null, "The body of a rotation has no member but `" + OVERLAP + "`.");
            }
        }
        return body.has(OVERLAP) ? body.whole(OVERLAP, MAX_OVERLAP_SECONDS) : DEFAULT_OVERLAP_SECONDS;
    }

    private Uni<ApiKey> existing(String name) {
        if (!KeyFields.NAME.matcher(name).matches()) {
            throw absent("");
        }
        return keys.find(name).map(found -> found.orElseThrow(() -> absent(name)));
    }

    private Uni<ApiKey> changeable(String name) {
        if (keys.bootstrap(name)) {
            throw conflict("key_read_only", "The key `" + name + "` comes from the configuration (sluice.keys." + name
                    + ") and can only be changed there.");
        }
        return existing(name);
    }

    private static Refused absent(String name) {
        return new Refused(Refusal.of(404, "invalid_request_error", "key_not_found",
                name.isEmpty() ? "There is no key of this name." : "There is no key `" + name + "`."));
    }

    private static Refused taken(String name) {
        return conflict("key_exists", "There is a key `" + name + "` already.");
    }

    private static Refused conflict(String code, String message) {
        return new Refused(Refusal.of(409, "invalid_request_error", code, message));
    }
}
