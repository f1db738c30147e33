package dev.sluice.http;

import dev.sluice.Reply.Refusal;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.jboss.logging.Logger;

/** A fault of ours: the log has the stack trace, the client only the request id to report. */
@Provider
public final class Defects implements ExceptionMapper<Throwable> {
    private static final Logger LOG = Logger.getLogger(Defects.class);

    @Context
    HttpServerRequest request;

    @Override
    public Response toResponse(Throwable defect) {
        return ErrorEnvelope.response(refusal(defect, RequestIds.of(request)), request).build();
    }

    static Refusal refusal(Throwable defect, String id) {
        LOG.errorf(defect, "request=%s failed by a defect of the gateway", id);
        return Refusal.of(500, "server_error", "internal_error",
                "The gateway failed; please report request " + id + ".");
    }
}
