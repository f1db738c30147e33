package dev.sluice.cache;

import java.nio.charset.StandardCharsets;

/**
 * The right to do what others then need not do, and the duty to say when it is done: it stands where the result will, and
 * is replaced by it. It expires unless it is renewed.
 *
 * @param key where it stands in Redis
 * @param value unlike any other lease's, and unlike any result
 */
record Lease(String key, String value) {
    /** Of a value, between spaces. */
    static final int PARTS = 4;
    private static final String MARK = "lease ";

    /**
     * @param replica which replica has it, without spaces
     * @param number the replica never gives one twice
     * @param purpose what it was taken for, without spaces; may be empty
     */
    static Lease of(String key, String replica, long number, String purpose) {
        return new Lease(key, MARK + replica + " " + number + " " + purpose);
    }

    /** The lease that stands at the key, or null where these bytes are something else. */
    static Lease read(String key, byte[] bytes) {
        if (bytes.length <= MARK.length()) {
            return null;
        }
        for (int i = 0; i < MARK.length(); i++) {
            if (bytes[i] != MARK.charAt(i)) {
                return null;
            }
        }
        Lease lease = new Lease(key, new String(bytes, StandardCharsets.UTF_8));
        return lease.value.split(" ", -1).length == PARTS ? lease : null;
    }

    String replica() {
        return value.split(" ", PARTS)[1];
    }

    String number() {
        return value.split(" ", PARTS)[2];
    }

    String purpose() {
        return value.split(" ", PARTS)[3];
    }
}
