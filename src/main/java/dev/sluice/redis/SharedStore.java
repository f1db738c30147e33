package dev.sluice.redis;

import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;

/**
 * What all replicas share, and the one way to it. Every call answers within the configured time-out or fails with
 * {@link StoreUnavailable}; it may have happened nevertheless. An error that Redis itself reports fails with Vert.x's
 * {@code ErrorType}.
 */
public final class SharedStore {
    private final Redis redis;
    private final Duration timeout;
    private final KeyNames keys;

    public SharedStore(Redis redis, Duration timeout, KeyNames keys) {
        this.redis = redis;
        this.timeout = timeout;
        this.keys = keys;
    }

    public KeyNames keys() {
        return keys;
    }

    /** One command. Arguments are Strings, byte arrays or whole numbers. The response is null where Redis says nil. */
    public Uni<Response> call(Command command, Object... arguments) {
        Request request = Request.cmd(command);
        for (Object argument : arguments) {
            add(request, argument);
        }
        return send(request);
    }

    /** One script, by its hash, and by its source where Redis does not know it yet. */
    public Uni<Response> run(Script script, List<String> keys, List<?> arguments) {
        return send(evaluation(Command.EVALSHA, script.sha1(), keys, arguments))
                .onFailure(e -> e.getMessage() != null && e.getMessage().startsWith("NOSCRIPT"))
                .recoverWithUni(() -> send(evaluation(Command.EVAL, script.source(), keys, arguments)));
    }

    private static Request evaluation(Command command, String script, List<String> keys, List<?> arguments) {
        Request request = Request.cmd(command).arg(script).arg(keys.size());
        keys.forEach(request::arg);
        arguments.forEach(argument -> add(request, argument));
        return request;
    }

    private static void add(Request request, Object argument) {
        if (argument instanceof byte[] bytes) {
            request.arg(bytes);
        } else {
            request.arg(argument.toString());
        }
    }

    private Uni<Response> send(Request request) {
        return Uni.createFrom()
                .<Response>emitter(emitter -> redis.send(request).onComplete(emitter::complete, emitter::fail))
                .ifNoItem().after(timeout)
                .failWith(() -> new StoreUnavailable("Redis did not answer within " + timeout.toMillis() + " ms."));
    }
}
