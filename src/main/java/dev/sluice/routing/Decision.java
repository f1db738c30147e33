package dev.sluice.routing;

import dev.sluice.Reply;
import dev.sluice.Route;

/** What the router says to a request. */
public sealed interface Decision {

    record Routed(Route route) implements Decision {}

    /** No model may or can answer within what the client allows. */
    record Refused(Reply.Refusal refusal) implements Decision {}
}
