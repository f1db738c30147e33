package dev.sluice.scoring;

import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Stage;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Set;

/** Scores a prompt where a decision depends on it: a client that names a model has decided already. */
@Singleton
public final class ScoringStage implements Stage {
    private final Set<String> autoNames;
    private final Scorer scorer;

    ScoringStage(Settings settings, Scorer scorer) {
        this.autoNames = settings.routing().autoNames();
        this.scorer = scorer;
    }

    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        if (!autoNames.contains(exchange.request().model())) {
            return next.apply(exchange);
        }
        return next.apply(exchange.with(scorer.score(exchange.request().prompt())));
    }
}
