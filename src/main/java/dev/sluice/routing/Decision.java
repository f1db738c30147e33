package dev.sluice.routing;

import dev.sluice.Reply;
import dev.sluice.Route;
import java.util.Optional;

/** What the router says to a request. */
public sealed interface Decision {

    /** @param stay what was weighed; empty where no model of the conversation was remembered */
    record Routed(Route route, Optional<Stay> stay) implements Decision {}

    /** No model may or can answer within what the client allows. */
    record Refused(Reply.Refusal refusal) implements Decision {}
}
