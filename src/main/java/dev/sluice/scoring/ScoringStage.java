package dev.sluice.scoring;

import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;

@Singleton
public final class ScoringStage implements Stage {
    @Override
    public Uni<Reply> apply(Exchange exchange, Next next) {
        return next.apply(exchange);
    }
}
