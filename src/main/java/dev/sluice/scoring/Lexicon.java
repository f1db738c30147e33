package dev.sluice.scoring;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The words of English and German that are signs, in their inflected forms, found by hash without building a string.
 * {@code scoring/lexicon.txt} lists them.
 */
final class Lexicon {
    /** No sign. */
    static final int NONE = -1;

    private static final String RESOURCE = "/scoring/lexicon.txt";
    private static final String[] GERMAN = { "", "e", "en", "t", "et", "st", "te", "ten", "tet", "test", "end", "ung"};
    private static final String[] ENGLISH = { "e", "es", "ed", "ing", "", "s"};
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final int SLOTS = 1 << 13;
    /** Most words are in no list: one bit in a table that stays in the nearest cache says so. */
    private static final int FILTER_BITS = 1 << 16;
    private static final byte FREE = -1;

    private final Table words = new Table();
    private final Table beginnings = new Table();

    Lexicon() {
        try (InputStream in = Lexicon.class.getResourceAsStream(RESOURCE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int colon = line.indexOf(": ");
                if (!line.startsWith("#") && colon > 0) {
                    add(Sign.valueOf(line.substring(0, colon)), line.substring(colon + 2));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The sign that the word of this hash is, as an ordinal, or {@link #NONE}. */
    int word(long hash) {
        return words.get(hash);
    }

    /** The sign that words beginning so are, as an ordinal, or {@link #NONE}. */
    int beginning(long hash) {
        return beginnings.get(hash);
    }

    /** Begins the hash of a word. */
    static long begin() {
        return FNV_OFFSET;
    }

    /** Goes on with the next letter, which is in lower case. */
    static long append(long hash, char letter) {
        return (hash ^ letter) * FNV_PRIME;
    }

    static long hash(String word) {
        long hash = begin();
        for (int i = 0; i < word.length(); i++) {
            hash = append(hash, word.charAt(i));
        }
        return hash;
    }

    private void add(Sign sign, String list) {
        for (String entry : list.split(" ")) {
            String stem = entry.substring(0, entry.length() - 1);
            switch (entry.charAt(entry.length() - 1)) {
                case '~' -> addForms(sign, stem, GERMAN);
                case '+' -> addForms(sign, stem, ENGLISH);
                case '*' -> beginnings.put(hash(stem), sign);
                default -> words.put(hash(entry), sign);
            }
        }
    }

    private void addForms(Sign sign, String stem, String[] endings) {
        for (String ending : endings) {
            words.put(hash(stem + ending), sign);
        }
    }

    /** Open addressing; FNV's 64 bits make a word out of the lists that hashes like one of them a curiosity. */
    private static final class Table {
        private final long[] hashes = new long[SLOTS];
        private final byte[] signs = new byte[SLOTS];
        private final long[] maybe = new long[FILTER_BITS / Long.SIZE];

        Table() {
            Arrays.fill(signs, FREE);
        }

        int get(long hash) {
            if ((maybe[filter(hash) >>> 6] & 1L << filter(hash)) == 0) {
                return NONE;
            }
            int slot = slot(hash);
            while (signs[slot] != FREE) {
                if (hashes[slot] == hash) {
                    return signs[slot];
                }
                slot = slot + 1 & SLOTS - 1;
            }
            return NONE;
        }

        /** What several lists name belongs to the first of them. */
        void put(long hash, Sign sign) {
            int slot = slot(hash);
            while (signs[slot] != FREE) {
                if (hashes[slot] == hash) {
                    return;
                }
                slot = slot + 1 & SLOTS - 1;
            }
            hashes[slot] = hash;
            signs[slot] = (byte) sign.ordinal();
            maybe[filter(hash) >>> 6] |= 1L << filter(hash);
        }

        private static int filter(long hash) {
            return (int) (hash >>> 40) & FILTER_BITS - 1;
        }

        private static int slot(long hash) {
            return (int) (hash ^ hash >>> 29) & SLOTS - 1;
        }
    }
}
