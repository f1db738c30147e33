package dev.sluice.verify;

/** The languages that the verifier knows words of; for others only the same words in the same order will do. */
enum Language {
    ENGLISH, GERMAN, OTHER
}
