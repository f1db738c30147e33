package dev.sluice.scoring;

import java.util.List;

/**
 * A step function of one of the {@link Traits}.
 *
 * @param trait its number
 * @param upTo ascending; where a step ends, itself included
 * @param values of the steps, one more than ends; zero in the mean over what they were learned from
 */
record Steps(int trait, double[] upTo, double[] values) {

    double at(double[] traits) {
        double x = traits[trait];
        int step = 0;
        while (step < upTo.length && x > upTo[step]) {
            step++;
        }
        return values[step];
    }

    /** The function in a line of text, which {@link #read} understands. */
    String write() {
        StringBuilder text = new StringBuilder(Traits.name(trait));
        for (int step = 0; step < upTo.length; step++) {
            text.append(' ').append((float) values[step]).append(' ').append((float) upTo[step]);
        }
        return text.append(' ').append((float) values[upTo.length]).toString();
    }

    /** @throws IllegalArgumentException if there is no such trait, or numbers are missing */
    static Steps read(List<String> words) {
        int trait = Traits.named(words.get(0));
        int steps = words.size() / 2;
        if (trait < 0 || words.size() != 2 * steps) {
            throw new IllegalArgumentException("not a step function of a known trait: " + String.join(" ", words));
        }
        double[] upTo = new double[steps - 1];
        double[] values = new double[steps];
        for (int step = 0; step < steps; step++) {
            values[step] = Double.parseDouble(words.get(2 * step + 1));
            if (step < upTo.length) {
                upTo[step] = Double.parseDouble(words.get(2 * step + 2));
            }
        }
        return new Steps(trait, upTo, values);
    }
}
