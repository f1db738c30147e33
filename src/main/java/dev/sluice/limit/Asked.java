package dev.sluice.limit;

import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.impl.ContextInternal;

/** One who asks for a reservation, and is answered on the event loop that it asked on. */
final class Asked {
    private final String id;
    private final String model;
    private final byte[] numbers;
    private final UniEmitter<? super Decision> who;
    private final ContextInternal context = ContextInternal.current();

    Asked(String id, int step, boolean billedBefore, Demand demand, String model, UniEmitter<? super Decision> who) {
        this.id = id;
        this.model = model;
        this.numbers = Numbers.of(step, Numbers.digit(billedBefore), Numbers.digit(step == 0), demand.prompt(),
                demand.output(), demand.choices(), demand.least(), demand.tariff().prompt(demand.prompt()),
                demand.tariff().output(), Numbers.digit(demand.rough()));
        this.who = who;
    }

    String id() {
        return id;
    }

    String model() {
        return model;
    }

    /** The demand, as the reserve script is told it. */
    byte[] numbers() {
        return numbers;
    }

    void decided(Decision decision) {
        if (context == null) {
            who.complete(decision);
        } else {
            context.emit(decision, who::complete);
        }
    }

    void undecided(Throwable away) {
        if (context == null) {
            who.fail(away);
        } else {
            context.emit(away, who::fail);
        }
    }
}
