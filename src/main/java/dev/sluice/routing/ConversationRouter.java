package dev.sluice.routing;

import dev.sluice.Exchange;
import dev.sluice.routing.Conversations.Remembered;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Routes a request as a turn of its conversation: only a later turn that leaves the choice to us waits for Redis. */
@Singleton
public final class ConversationRouter {
    private final Router router;
    private final Conversations conversations;

    ConversationRouter(Router router, Conversations conversations) {
        this.router = router;
        this.conversations = conversations;
    }

    /** Where the request is to go; changes nothing. */
    public Uni<Decision> decide(Exchange exchange) {
        Optional<Conversation> conversation = conversation(exchange);
        return conversations.recall(exchange, conversation)
                .map(remembered -> router.decide(exchange, conversation, remembered));
    }

    /** To be called when the decision has served: later turns hold to it. Returns at once. */
    void served(Exchange exchange, Decision.Routed decision) {
        conversation(exchange).ifPresent(conversation -> conversations.remember(exchange, conversation, new Remembered(
                decision.route().model().name(), decision.stay().filter(Stay::moved).isPresent())));
    }

    private Optional<Conversation> conversation(Exchange exchange) {
        return router.chooses(exchange) ? Conversation.in(exchange.request()) : Optional.empty();
    }
}
