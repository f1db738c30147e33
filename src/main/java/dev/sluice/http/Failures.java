package dev.sluice.http;

import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.redis.StoreUnavailable;

/** What a client is told about a request that ended with an exception, for what is not answered through a resource. */
final class Failures {
    private Failures() {
    }

    /** @param id of the request; a defect of ours is logged with it */
    static Refusal refusal(Throwable failure, String id) {
        if (failure instanceof Refused refused) {
            return refused.refusal();
        }
        return failure instanceof StoreUnavailable ? StoreFaults.refusal() : Defects.refusal(failure, id);
    }
}
