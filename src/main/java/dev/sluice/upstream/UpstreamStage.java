package dev.sluice.upstream;

import dev.sluice.Exchange;
import dev.sluice.Reply;
import dev.sluice.Stage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;

/** The end of the way: a provider is asked. */
@Singleton
public final class UpstreamStage implements Stage {
    @Override
    public Uni<Reply> apply(Exchange exchange, Next none) {
        return Uni.createFrom().item(Reply.Refusal.of(503, "server_error", "circuit_open", "no provider yet"));
    }
}
