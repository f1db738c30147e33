package dev.sluice.tenant;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Request;
import dev.sluice.Route;
import dev.sluice.Stage;
import dev.sluice.dialect.Dialect;
import dev.sluice.dialect.UpstreamIds;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What providers keep belongs to the tenant whose request made it. All tenants share the gateway's account there, so the
 * provider would show one tenant's conversation to any other that names it; here an id counts only for whom it was issued
 * to, and only at the provider that issued it.
 */
@Singleton
public final class UpstreamIdsStage implements Stage {
    private final IssuedIds issued;

    UpstreamIdsStage(IssuedIds issued) {
        this.issued = issued;
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        Request request = exchange.request();
        if (!Dialect.of(request.endpoint()).touchesUpstreamState(request)) {
            return next.apply(exchange);
        }
        Map<String, String> named = UpstreamIds.named(request.body());
        if (named.isEmpty()) {
            return serve(exchange, next);
        }
        return issued.providers(exchange.caller().tenant(), List.copyOf(named.keySet()))
                .onItemOrFailure().transformToUni((providers, away) -> {
                    Refusal refusal = away != null ? unavailable() : refusal(named, providers, exchange);
                    return refusal != null
                            ? Uni.createFrom().item(refusal)
                            : serve(exchange.with(atTheSameProvider(exchange.route())), next);
                });
    }

    private Uni<Reply> serve(Exchange exchange, Next next) {
        String tenant = exchange.caller().tenant();
        return next.apply(exchange).flatMap(reply -> {
            String provider = reply.receipt().model().map(Model::provider).orElse("");
            if (reply instanceof Answer answer && answer.ok()) {
                return issued.remember(tenant, provider, UpstreamIds.issued(answer.body())).replaceWith(reply);
            }
            if (reply instanceof Stream stream) {
                return Uni.createFrom().item(stream.events(told -> told.invoke(events -> events
                        .forEach(event -> issued.rememberSoon(tenant, provider, UpstreamIds.issued(event))))));
            }
            return Uni.createFrom().item(reply);
        });
    }

    /** Null where all is well. */
    private static Refusal refusal(Map<String, String> named, Map<String, String> providers, Exchange exchange) {
        String provider = exchange.route().model().provider();
        for (Map.Entry<String, String> name : named.entrySet()) {
            String issuer = providers.get(name.getKey());
            if (issuer == null) {
                return unknown(name.getValue(), name.getKey());
            }
            if (!issuer.equals(provider)) {
                return Refusal.invalid(name.getValue(), "What `" + name.getValue() + "` names is kept by the provider `"
                        + issuer + "`, but the model `" + exchange.route().model().name() + "` is served by `"
                        + provider
                        + "`.");
            }
        }
        return null;
    }

    /** As OpenAI says it. */
    private static Refusal unknown(String param, String id) {
        boolean previous = param.equals("previous_response_id");
        String what = previous
                ? "Previous response"
                : param.equals("conversation") ? "Conversation" : param.startsWith("tools") ? "Container" : "Item";
        String shown = id.length() > IssuedIds.MAX_LENGTH ? id.substring(0, IssuedIds.MAX_LENGTH) + "…" : id;
        return new Refusal(previous ? 400 : 404, "invalid_request_error",
                previous ? Optional.of("previous_response_not_found") : Optional.empty(), Optional.of(param),
                what + " with id '" + shown + "' not found.", OptionalLong.empty(), Receipt.NONE);
    }

    private static Refusal unavailable() {
        return Refusal.of(503, "server_error", "store_unavailable",
                "Whose the ids in this request are cannot be told while Redis is away.").retryAfter(1);
    }

    private static Route atTheSameProvider(Route route) {
        List<Model> fallbacks = route.fallbacks().stream()
                .filter(model -> model.provider().equals(route.model().provider())).toList();
        return new Route(route.model(), route.tier(), fallbacks, route.baseline(), route.dropped());
    }
}
