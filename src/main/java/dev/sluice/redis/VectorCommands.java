package dev.sluice.redis;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.impl.CommandImpl;
import io.vertx.redis.client.impl.KeyLocator;
import io.vertx.redis.client.impl.keys.BeginSearchIndex;
import io.vertx.redis.client.impl.keys.FindKeysRange;

/** Redis 8's commands for vector sets, which the client does not know yet: it has to be told where their key stands. */
public final class VectorCommands {
    public static final Command VADD = command("VADD", false);
    public static final Command VSIM = command("VSIM", true);
    public static final Command VREM = command("VREM", false);

    private VectorCommands() {
    }

    private static Command command(String name, boolean readOnly) {
        return new CommandImpl(name, -1, readOnly, false, false,
                new KeyLocator(readOnly, new BeginSearchIndex(1), new FindKeysRange(0, 1, 0)));
    }
}
