package dev.sluice.bench;

import java.util.Locale;

/** Who is asked: the plain proxy, the gateway on the JVM, or its native executable. */
enum Target {
    PROXY, GATEWAY, NATIVE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
