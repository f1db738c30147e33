package dev.sluice.eval;

/** Bounds of a 95 % bootstrap interval. */
public record Interval(double lo, double hi) {}
