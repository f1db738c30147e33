package dev.sluice.routing;

import dev.sluice.Request;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;

/**
 * About how many tokens a prompt has, without a tokenizer: six letters of a word to one, three digits, or two signs (a
 * sign before a word belongs to it). Within a quarter of a real tokenizer on prose and code; no limit depends on it.
 */
final class RequestSize {
    private static final int LETTERS_PER_TOKEN = 6;
    private static final int DIGITS_PER_TOKEN = 3;
    private static final int SIGNS_PER_TOKEN = 2;
    /** Lead bytes from here on begin the scripts that put a word into a character or two. */
    private static final int FIRST_IDEOGRAPH = 0xe3;
    private static final int TOKENS_PER_MESSAGE = 4;
    private static final int TOKENS_PER_ATTACHMENT = 1000;
    private static final byte[] DATA_URL = { 'd', 'a', 't', 'a', ':'};
    private static final int MAX_TEXT_OF_A_DATA_URL = 256;

    private RequestSize() {
    }

    /** Whether prompt and output fit into so many tokens whatever the tokenizer: no token is shorter than a byte. */
    static boolean surelyWithin(Request request, long tokens) {
        return request.body().bytes().length + request.outputBound() <= tokens;
    }

    /** Input tokens, as estimated; an attached image or file counts a flat 1,000. */
    static long estimate(Request request) {
        Json body = request.body();
        int root = body.root();
        long tokens = 0;
        for (int name = body.is(root, Kind.OBJECT) ? body.first(root) : Json.NONE; name != Json.NONE; name = body
                .next(root, name)) {
            int value = body.value(name);
            if (body.is(value, Kind.ARRAY) || body.is(value, Kind.OBJECT)) {
                tokens += estimate(body, value);
            } else if (body.is(value, Kind.STRING) && value != body.member(root, "model")) {
                tokens += words(body, value);
            }
        }
        return Math.max(1, tokens);
    }

    /** The same of one value of a body, which may be {@link Json#NONE}. */
    static long estimatePart(Json body, int value) {
        if (body.is(value, Kind.STRING)) {
            return words(body, value);
        }
        return body.is(value, Kind.OBJECT) || body.is(value, Kind.ARRAY) ? estimate(body, value) : 0;
    }

    private static long estimate(Json body, int container) {
        long tokens = body.is(container, Kind.OBJECT) ? TOKENS_PER_MESSAGE : 0;
        for (int child = body.first(container); child != Json.NONE; child = body.next(container, child)) {
            int value = body.is(child, Kind.NAME) ? body.value(child) : child;
            tokens += switch (body.kind(value)) {
                case OBJECT, ARRAY -> estimate(body, value);
                case STRING -> words(body, value);
                default -> 1;
            };
        }
        return tokens;
    }

    private static long words(Json body, int string) {
        byte[] bytes = body.bytes();
        int start = body.start(string) + 1;
        int end = body.end(string) - 1;
        if (attachment(bytes, start, end)) {
            return TOKENS_PER_ATTACHMENT;
        }
        long tokens = 0;
        int letters = 0;
        int digits = 0;
        int signs = 0;
        int ideographs = 0;
        for (int i = start; i < end; i++) {
            byte b = bytes[i];
            if ((b & 0xff) >= FIRST_IDEOGRAPH) {
                ideographs++;
                i += 2;
            } else if (b < 0 || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z') {
                tokens += ceil(signs - 1, SIGNS_PER_TOKEN) + ceil(digits, DIGITS_PER_TOKEN);
                signs = digits = 0;
                letters++;
            } else {
                tokens += ceil(letters, LETTERS_PER_TOKEN);
                letters = 0;
                if (b >= '0' && b <= '9') {
                    tokens += ceil(signs, SIGNS_PER_TOKEN);
                    signs = 0;
                    digits++;
                } else {
                    tokens += ceil(digits, DIGITS_PER_TOKEN);
                    digits = 0;
                    signs += b == ' ' ? 0 : 1;
                    i += b == '\\' ? 1 : 0; // the escaped character is part of the escape
                }
            }
        }
        return tokens + ceil(letters, LETTERS_PER_TOKEN) + ceil(digits, DIGITS_PER_TOKEN)
                + ceil(signs, SIGNS_PER_TOKEN) + ideographs * 2L / 3;
    }

    private static boolean attachment(byte[] bytes, int start, int end) {
        if (end - start <= MAX_TEXT_OF_A_DATA_URL) {
            return false;
        }
        for (int i = 0; i < DATA_URL.length; i++) {
            if (bytes[start + i] != DATA_URL[i]) {
                return false;
            }
        }
        return true;
    }

    private static int ceil(int count, int per) {
        return count <= 0 ? 0 : (count + per - 1) / per;
    }
}
