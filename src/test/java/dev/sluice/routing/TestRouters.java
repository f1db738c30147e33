package dev.sluice.routing;

import dev.sluice.config.Settings;

/** For tests of other packages. */
public final class TestRouters {
    private TestRouters() {
    }

    /** @param settings which remember no conversation */
    public static ConversationRouter withoutConversations(Router router, Settings settings) {
        return new ConversationRouter(router, new Conversations(null, settings));
    }
}
