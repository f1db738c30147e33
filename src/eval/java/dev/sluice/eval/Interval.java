package dev.sluice.eval;

/** Bounds of a 95 % interval. */
public record Interval(double lo, double hi) {}
