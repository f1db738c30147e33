package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Reply;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;

/** The end of the way: the provider of the chosen model is asked. */
@Singleton
public final class UpstreamStage implements Stage {
    private final Providers providers;

    UpstreamStage(Providers providers) {
        this.providers = providers;
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next none) {
        Model model = exchange.route().model();
        return providers.of(model).serve(exchange, model);
    }
}
