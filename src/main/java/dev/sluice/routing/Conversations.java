package dev.sluice.routing;

import dev.sluice.Exchange;
import dev.sluice.config.Settings;
import dev.sluice.redis.ForCache;
import dev.sluice.redis.SharedStore;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/**
 * Remembers for all replicas which model a conversation has: it lives in the cache's Redis, because losing it costs a
 * discount and nothing else. A first turn asks for nothing. Where Redis is away every turn is on its own.
 */
@Singleton
public final class Conversations {
    private static final String FORMAT = "1";
    private static final String MOVED = "moved";
    private static final String NEVER_MOVED = "first";

    private final SharedStore store;
    private final Duration ttl;

    Conversations(@ForCache SharedStore store, Settings settings) {
        this.store = store;
        this.ttl = settings.routing().conversationTtl();
    }

    /**
     * What a conversation has had.
     *
     * @param model name of the model that its latest turn was given
     * @param moved whether that is another than the first
     */
    record Remembered(String model, boolean moved) {}

    /** What is remembered of the conversation that this request goes on with; never fails. */
    Uni<Optional<Remembered>> recall(Exchange exchange, Optional<Conversation> conversation) {
        if (ttl.isZero() || conversation.isEmpty() || !conversation.get().continues()) {
            return Uni.createFrom().item(Optional.empty());
        }
        return store.call(Command.GET, key(exchange, conversation.get().earlier())).map(Conversations::read)
                .onFailure().recoverWithItem(Optional.empty());
    }

    /** For later turns; returns at once. */
    void remember(Exchange exchange, Conversation conversation, Remembered turn) {
        if (!ttl.isZero()) {
            String value = FORMAT + " " + (turn.moved() ? MOVED : NEVER_MOVED) + " " + turn.model();
            store.call(Command.SET, key(exchange, conversation.now()), value, "PX", ttl.toMillis()).subscribe()
                    .with(kept -> {}, away -> {});
        }
    }

    private String key(Exchange exchange, String identity) {
        return store.keys().conversation(exchange.caller().tenant(), identity);
    }

    /** What another version wrote is not understood, and forgotten. */
    private static Optional<Remembered> read(Response response) {
        String[] words = response == null ? new String[0] : response.toString().split(" ");
        return words.length == 3 && words[0].equals(FORMAT)
                ? Optional.of(new Remembered(words[2], words[1].equals(MOVED)))
                : Optional.empty();
    }
}
