package dev.sluice;

/**
 * A request and what has been decided about it so far. Immutable: a stage hands on a richer copy.
 *
 * @param id request id, unique, safe to log
 * @param request what the client sent
 * @param caller who is asking
 * @param wishes what it asked of the gateway by header
 * @param receivedNanos {@link System#nanoTime()} when the request had arrived whole
 * @param complexity null until scored, and where no decision depends on it
 * @param route null until routed
 * @param sharing what it has to do with others that ask the same; {@link Sharing#NONE} until that is known
 * @param reservation what the limit stage holds for this exchange; {@link Reservation#NONE} until then
 */
public record Exchange(String id, Request request, Caller caller, Wishes wishes, long receivedNanos,
        Complexity complexity, Route route, Sharing sharing, Reservation reservation) {

    public static Exchange of(String id, Request request, Caller caller, Wishes wishes) {
        return new Exchange(id, request, caller, wishes, System.nanoTime(), null, null, Sharing.NONE,
                Reservation.NONE);
    }

    /** Asks for something less. */
    public Exchange with(Request other) {
        return new Exchange(id, other, caller, wishes, receivedNanos, complexity, route, sharing, reservation);
    }

    public Exchange with(Complexity scored) {
        return new Exchange(id, request, caller, wishes, receivedNanos, scored, route, sharing, reservation);
    }

    public Exchange with(Route routed) {
        return new Exchange(id, request, caller, wishes, receivedNanos, complexity, routed, sharing, reservation);
    }

    public Exchange with(Sharing shared) {
        return new Exchange(id, request, caller, wishes, receivedNanos, complexity, route, shared, reservation);
    }

    public Exchange with(Reservation reserved) {
        return new Exchange(id, request, caller, wishes, receivedNanos, complexity, route, sharing, reserved);
    }
}
