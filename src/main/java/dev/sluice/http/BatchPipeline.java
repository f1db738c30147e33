package dev.sluice.http;

import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Gateway;
import dev.sluice.Reply;
import dev.sluice.Request;
import dev.sluice.Wishes;
import dev.sluice.batch.BatchRun;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.Map;

/** Sends the lines of a batch through the pipeline, each as a request of its own by whoever sent the batch. */
final class BatchPipeline implements BatchRun.Pipeline {
    private static final int MOST_OF_AN_ID = 112;

    private final Authentication authentication;
    private final Gateway gateway;
    private final HttpServerRequest batch;
    private final Wishes wishes;
    private final Map<String, String> forwarded;
    private final String id;
    private final Context context = Vertx.currentContext();

    BatchPipeline(Authentication authentication, Gateway gateway, HttpServerRequest batch, Wishes wishes,
            Map<String, String> forwarded) {
        this.authentication = authentication;
        this.gateway = gateway;
        this.batch = batch;
        this.wishes = wishes.patiently();
        this.forwarded = forwarded;
        String own = RequestIds.of(batch);
        this.id = own.substring(0, Math.min(own.length(), MOST_OF_AN_ID));
    }

    @Override
    public String id(long line) {
        return id + "-" + line;
    }

    /** Who is asking is asked again for each line: a batch may run for hours, and a key may have been disabled. */
    @Override
    public Uni<Reply> serve(Request request, String line) {
        return Uni.createFrom().deferred(() -> authentication.caller(batch))
                .flatMap(caller -> gateway.serve(Exchange.of(line, withHeaders(request), caller, wishes)))
                .onFailure().recoverWithItem(failure -> Failures.refusal(failure, line))
                .emitOn(this::onContext);
    }

    private Request withHeaders(Request request) {
        return request.endpoint() == Endpoint.MESSAGES ? request.with(forwarded) : request;
    }

    /** What several requests share (an answer that all of them wait for) may come on another one's event loop. */
    private void onContext(Runnable task) {
        if (Vertx.currentContext() == context) {
            task.run();
        } else {
            context.runOnContext(ignored -> task.run());
        }
    }

    @Override
    public Cancellable after(long millis, Runnable then) {
        Vertx vertx = context.owner();
        long timer = vertx.setTimer(millis, fired -> then.run());
        return () -> vertx.cancelTimer(timer);
    }
}
