package dev.sluice.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** Bodies of chat completions, one after the other; each source is asked by one thread at a time. */
final class Questions {
    private static final String TEXT = "Please explain to a new colleague how a token bucket works, which two numbers it"
            + " needs, how it differs from a leaky bucket, and when you would rather take a sliding window. "
            + "Give one example with numbers. Ticket ";
    private static final String ASKED_BEFORE = "How do I change the PIN of my debit card?";
    private static final String PARAPHRASE = "how can i change the pin of my debit card";
    private static final String END = "\"}],\"max_tokens\":300}";
    private static final double DUPLICATES = .3;
    private static final int REMEMBERED = 1000;
    private static final Pattern JSON_TEXT = Pattern.compile("\"text\":\"((?:[^\"\\\\]|\\\\.)*)\"");

    private Questions() {
    }

    /** Always the same one, of some 400 bytes. */
    static Supplier<byte[]> same(boolean streamed) {
        byte[] body = body(streamed, "bench", "You are a patient teacher.", TEXT + (streamed ? "streamed" : "whole"));
        return () -> body;
    }

    /** Never the same twice, in this run or another. */
    static Supplier<byte[]> different(boolean streamed) {
        String run = Long.toString(System.nanoTime(), Character.MAX_RADIX) + "-";
        AtomicLong asked = new AtomicLong();
        return () -> body(streamed, "bench", "You are a patient teacher.", TEXT + run + asked.incrementAndGet());
    }

    /** Short, and never the same twice in this run or another: each has to be embedded and is like no other. */
    static Supplier<byte[]> compared() {
        AtomicLong asked = new AtomicLong(System.nanoTime());
        return () -> body(false, "bench", "You help the customers of a bank.",
                Samples.question(asked.incrementAndGet()));
    }

    /** Never the same twice, and so many bytes long, or a little more. */
    static Supplier<byte[]> different(int bytes) {
        Supplier<byte[]> shorter = different(false);
        byte[] more = TEXT.repeat(bytes / TEXT.length() + 1)
                .substring(0, Math.max(0, bytes - shorter.get().length)).getBytes(StandardCharsets.UTF_8);
        return () -> {
            byte[] start = shorter.get();
            int text = start.length - END.length();
            byte[] body = Arrays.copyOf(start, start.length + more.length);
            System.arraycopy(more, 0, body, text, more.length);
            System.arraycopy(start, text, body, text + more.length, END.length());
            return body;
        };
    }

    /** The same question, each time in a context of its own. */
    static Supplier<byte[]> contexts() {
        AtomicLong asked = new AtomicLong();
        return () -> body(false, "bench", "You help the customers of bank " + asked.incrementAndGet() + ".",
                ASKED_BEFORE);
    }

    static byte[] askedBefore() {
        return body(false, "bench", "You help the customers of a bank.", ASKED_BEFORE);
    }

    /** What {@link #askedBefore} asks in other words, and never the same text twice. */
    static Supplier<byte[]> reworded() {
        String[] words = PARAPHRASE.split(" ");
        AtomicLong asked = new AtomicLong();
        return () -> {
            long number = asked.getAndIncrement();
            // Double spaces between the words count in binary: another request each time, and the same tokens.
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < words.length; i++) {
                text.append(i == 0 ? "" : (number >> (i - 1) & 1) == 1 ? "  " : " ").append(words[i]);
            }
            text.append(" ".repeat((int) (number >> (words.length - 1)) % 1000));
            return body(false, "bench", "You help the customers of a bank.", text.toString());
        };
    }

    /**
     * Customers of a bank: 30 % ask again what one of the last {@value #REMEMBERED} asked. Once all questions have been
     * asked, they are asked of another assistant, who knows none of the answers.
     *
     * @param folder with {@code cache_banking77_en.jsonl.gz}; where it is missing, questions are put together from parts
     */
    static Supplier<byte[]> mixed(Path folder) {
        List<String> texts = texts(folder);
        SplittableRandom random = new SplittableRandom(77);
        List<byte[]> latest = new ArrayList<>();
        AtomicLong asked = new AtomicLong();
        return () -> {
            if (latest.size() == REMEMBERED && random.nextDouble() < DUPLICATES) {
                return latest.get(random.nextInt(REMEMBERED));
            }
            long number = asked.getAndIncrement();
            byte[] body = body(false, "auto", "You are assistant " + number / texts.size() + " of a bank.",
                    texts.get((int) (number % texts.size())));
            if (latest.size() < REMEMBERED) {
                latest.add(body);
            } else {
                latest.set((int) (number % REMEMBERED), body);
            }
            return body;
        };
    }

    private static List<String> texts(Path folder) {
        Path file = folder.resolve("cache_banking77_en.jsonl.gz");
        List<String> texts = new ArrayList<>();
        if (Files.exists(file)) {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    Matcher text = JSON_TEXT.matcher(line);
                    if (text.find()) {
                        texts.add(text.group(1));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return texts;
        }
        String[] openings = { "How do I", "Why can't I", "When may I", "What does it cost to", "Where can I"};
        String[] deeds = { "change", "cancel", "verify", "order", "top up", "unblock", "trace", "refund", "close"};
        String[] things = { "my card", "a transfer", "my account", "a cash withdrawal", "the virtual card",
                "a direct debit", "my PIN", "a disposable card", "an exchange into euros"};
        String[] places = { "", " from abroad", " at night", " on my new phone", " without the app", " at a machine"};
        for (String opening : openings) {
            for (String deed : deeds) {
                for (String thing : things) {
                    for (String place : places) {
                        texts.add(opening + " " + deed + " " + thing + place + "?");
                    }
                }
            }
        }
        return texts;
    }

    /** @param text escaped as JSON wants it */
    private static byte[] body(boolean streamed, String model, String system, String text) {
        return ((streamed ? MockUpstream.STREAMED : "{") + "\"model\":\"" + model
                + "\",\"messages\":[{\"role\":\"system\",\"content\":\"" + system
                + "\"},{\"role\":\"user\",\"content\":\"" + text + END)
                .getBytes(StandardCharsets.UTF_8);
    }
}
