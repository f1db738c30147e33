package dev.sluice;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A rung of the router: it matches when the priority is equal or the complexity is strictly above; without either
 * condition it matches always.
 */
public record Tier(String model, Optional<Priority> priority, OptionalDouble above) {

    /** What headers and {@code /v1/route} call it. */
    public String name() {
        return priority.map(Priority::toString).orElse("default");
    }

    public boolean matches(Priority asked, double complexity) {
        boolean unconditional = priority.isEmpty() && above.isEmpty();
        return unconditional || priority.filter(asked::equals).isPresent()
                || above.isPresent() && complexity > above.getAsDouble();
    }
}
