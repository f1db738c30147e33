package dev.sluice.ledger;

/**
 * Which line of a tenant's day: names of keys and models contain no bar.
 *
 * @param model the one that served, {@link #NO_MODEL} where none did
 */
record Row(String key, String model) {
    static final String NO_MODEL = "-";
    private static final char BAR = '|';

    String field(Metric metric) {
        return key + BAR + model + BAR + metric.field();
    }
}
