/**
 * A request, an answer and the events of a stream as another dialect says them. Pure: bytes in, bytes out, no I/O.
 * OpenAI's chat completions are the hub: every other dialect is translated from it and to it.
 * <p>
 * What a dialect cannot say is refused ({@link dev.sluice.translation.Untranslatable}) where leaving it out would break a
 * promise about the answer (several choices, log-probabilities, audio, hosted tools), and left out where it is a hint
 * (seeds, penalties, tiers, caching).
 */
package dev.sluice.translation;
