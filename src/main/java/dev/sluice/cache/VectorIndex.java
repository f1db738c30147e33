package dev.sluice.cache;

import io.smallrye.mutiny.Uni;
import java.util.List;

/**
 * Which stored questions are near to one that is asked. A partition's vectors are all of one embedder and of one length;
 * they are quantised to eight bits, which moves a cosine by less than .01. An index may name entries that are gone: who
 * finds that out removes them.
 */
interface VectorIndex {

    /** @param cosine -1..1 */
    record Neighbour(String identity, double cosine) {}

    /**
     * The nearest, the nearest first. Fails where Redis cannot be asked.
     *
     * @param vector of length one
     */
    Uni<List<Neighbour>> nearest(String partition, float[] vector, int count);

    /**
     * Adds one, or replaces it; what has expired goes, and the least recently hit where there are too many.
     *
     * @param expiresAt when its entry does, microseconds of Redis' clock
     */
    Uni<Void> add(String partition, String identity, float[] vector, long expiresAt);

    Uni<Void> remove(String partition, List<String> identities);

    /** @param at microseconds of Redis' clock */
    Uni<Void> hit(String partition, String identity, long at);
}
