package dev.sluice.bench;

/** Who is asked. */
enum Target {
    DIRECT, PROXY, GATEWAY
}
