package dev.sluice.redis;

/**
 * Names of our keys. What is decided together shares a hash tag, so that it lives on one node of a cluster.
 *
 * @param prefix configured, without braces
 */
public record KeyNames(String prefix) {
    private static final String FORMAT = ":v1:";

    /** What belongs to a tenant or to one of its keys. */
    public String tenant(String tenant, String rest) {
        return tagged("t:" + tenant, rest);
    }

    /** Which model a conversation of the tenant has. */
    public String conversation(String tenant, String identity) {
        return tenant(tenant, "conversation:" + identity);
    }

    /** How long models take, as each replica sees it. */
    public String latencies() {
        return global("latencies");
    }

    /** What belongs to a provider and the models that it serves. */
    public String provider(String provider, String rest) {
        return tagged("p:" + provider, rest);
    }

    /** A cache entry and its lease. */
    public String entry(String identity, String rest) {
        return tagged("c:" + identity, rest);
    }

    /** A semantic partition. */
    public String partition(String partition, String rest) {
        return tagged("s:" + partition, rest);
    }

    /** What the gateway's own API keys are kept in: one atomic write touches all of it. */
    public String keyring(String rest) {
        return tagged("keys", rest);
    }

    /** What belongs to the whole installation. */
    public String global(String rest) {
        return prefix + FORMAT + rest;
    }

    private String tagged(String tag, String rest) {
        return prefix + FORMAT + "{" + tag + "}:" + rest;
    }
}
