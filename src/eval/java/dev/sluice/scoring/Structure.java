package dev.sluice.scoring;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.Deflater;

/**
 * What else one kind of traffic can be told by: the shape of code, formulas and sentences, how repetitive a prompt is. Of
 * use where training and traffic are alike; the scorer that ships does without.
 */
final class Structure {
    private static final List<String> KEYWORDS = List.of("for", "while", "if", "elif", "else", "return", "not", "in",
            "and", "or", "def", "lambda", "range", "len");
    private static final int OTHERS = 24;

    private Structure() {
    }

    /** The traits of the prompt and these. */
    static double[] of(String prompt) {
        double[] traits = Training.traits(prompt);
        double[] all = Arrays.copyOf(traits, traits.length + KEYWORDS.size() + OTHERS);
        int at = traits.length;
        Map<String, Integer> words = words(prompt);
        for (String keyword : KEYWORDS) {
            all[at++] = words.getOrDefault(keyword, 0);
        }
        int tokens = words.values().stream().mapToInt(n -> n).sum();
        all[at++] = tokens;
        all[at++] = words.size();
        all[at++] = words.size() / (double) Math.max(1, tokens);
        String[] lines = prompt.split("\n");
        String last = lines.length > 0 ? lines[lines.length - 1] : "";
        String before = lines.length > 1 ? lines[lines.length - 2] : "";
        all[at++] = last.length();
        all[at++] = before.length();
        all[at++] = before.startsWith("assert") ? before.length() : 0;
        all[at++] = lines.length;
        all[at++] = Stream.of(lines).mapToInt(line -> line.length() - line.stripLeading().length()).max().orElse(0);
        String[] sentences = prompt.split("(?<=[.!?])\\s+");
        all[at++] = sentences.length;
        all[at++] = sentences[0].length();
        all[at++] = sentences[sentences.length - 1].length();
        at = characters(prompt, all, at);
        at = numbers(prompt, all, at);
        int packed = packed(prompt);
        all[at++] = packed;
        all[at] = packed / (double) Math.max(1, prompt.length());
        return all;
    }

    private static Map<String, Integer> words(String prompt) {
        Map<String, Integer> words = new HashMap<>();
        for (String word : prompt.split("[^\\p{L}\\p{N}_]+")) {
            words.merge(word, 1, Integer::sum);
        }
        return words;
    }

    private static int characters(String prompt, double[] all, int at) {
        int depth = 0;
        int deepest = 0;
        int methods = 0;
        int quotes = 0;
        int commands = 0;
        int capitals = 0;
        int commas = 0;
        Set<Character> variables = new HashSet<>();
        for (int i = 0; i < prompt.length(); i++) {
            char c = prompt.charAt(i);
            boolean begins = i == 0 || !Character.isLetter(prompt.charAt(i - 1));
            boolean ends = i + 1 == prompt.length() || !Character.isLetter(prompt.charAt(i + 1));
            depth = "([{".indexOf(c) >= 0 ? depth + 1 : ")]}".indexOf(c) >= 0 ? Math.max(0, depth - 1) : depth;
            deepest = Math.max(deepest, depth);
            methods += c == '.' && !ends ? 1 : 0;
            quotes += c == '\'' || c == '"' ? 1 : 0;
            commands += c == '\\' && !ends ? 1 : 0;
            capitals += Character.isUpperCase(c) ? 1 : 0;
            commas += c == ',' ? 1 : 0;
            if (Character.isLetter(c) && begins && ends) {
                variables.add(c);
            }
        }
        for (int count : new int[]{ deepest, methods, quotes, commands, capitals, commas, variables.size()}) {
            all[at++] = count;
        }
        return at;
    }

    private static int numbers(String prompt, double[] all, int at) {
        Set<String> distinct = new HashSet<>();
        int count = 0;
        double largest = 0;
        double sum = 0;
        for (String number : prompt.split("[^0-9.]+")) {
            String digits = number.replaceAll("\\.+$|^\\.+", "");
            if (digits.matches("\\d{1,15}(\\.\\d+)?")) {
                double size = StrictMath.log1p(Double.parseDouble(digits));
                largest = Math.max(largest, size);
                sum += size;
                count++;
                distinct.add(digits);
            }
        }
        all[at++] = count;
        all[at++] = distinct.size();
        all[at++] = largest;
        all[at++] = sum / Math.max(1, count);
        return at;
    }

    /** What is left of the prompt when it is compressed, in bytes. */
    private static int packed(String prompt) {
        Deflater deflater = new Deflater();
        try {
            deflater.setInput(prompt.getBytes(StandardCharsets.UTF_8));
            deflater.finish();
            byte[] out = new byte[4096];
            while (!deflater.finished()) {
                deflater.deflate(out);
            }
            return (int) deflater.getBytesWritten();
        } finally {
            deflater.end();
        }
    }
}
