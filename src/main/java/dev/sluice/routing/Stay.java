package dev.sluice.routing;

import dev.sluice.Model;
import dev.sluice.Money;

/**
 * What was weighed because the conversation had a model before this turn.
 *
 * @param before the model that it had
 * @param alone the model that this turn would be given on its own
 * @param kept whether it stays with the former
 * @param moved whether the conversation has ever changed its model, now included: then it never goes down a tier again
 * @param saving how much less this turn costs on the latter at list prices; negative: it costs more
 * @param discount what the former's provider takes off for the repeated part of the prompt, and would no longer
 * @param reason a clause in words
 */
public record Stay(Model before, Model alone, boolean kept, boolean moved, Money saving, Money discount,
        String reason) {}
