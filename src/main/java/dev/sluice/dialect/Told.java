package dev.sluice.dialect;

/**
 * What a stream told that a provider counts as output.
 *
 * @param text the beginning of it, up to some hundred thousand characters
 * @param length of all of it, in characters; at least that of the text
 */
public record Told(String text, long length) {}
