package dev.sluice.http;

import dev.sluice.batch.BatchRun;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** The two directions of a connection, each with the back-pressure that the other end sees. */
final class BatchClient implements BatchRun.Client {
    private final HttpServerRequest request;
    private final HttpServerResponse response;

    /** @param request paused */
    BatchClient(HttpServerRequest request) {
        this.request = request;
        this.response = request.response();
    }

    void attach(BatchRun run) {
        response.closeHandler(closed -> run.abandon());
        response.exceptionHandler(failure -> run.abandon());
        response.drainHandler(drained -> run.work());
        request.exceptionHandler(failure -> run.abandon());
        request.handler(piece -> run.received(piece.getBytes()));
        request.endHandler(end -> run.receivedAll());
        run.work();
    }

    @Override
    public void fetch() {
        request.fetch(1);
    }

    @Override
    public boolean isSlow() {
        return response.writeQueueFull();
    }

    @Override
    public void write(byte[] line) {
        response.write(Buffer.buffer(line));
    }

    @Override
    public void end(byte[] line) {
        response.end(Buffer.buffer(line));
    }
}
