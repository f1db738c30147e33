package dev.sluice.tokens;

import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.dialect.Dialect;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The most tokens that a prompt can have: exactly counted where the model's tokenizer is public, else one token per byte,
 * which no tokenizer exceeds. Images and audio have a bound of their own.
 */
public final class PromptBound {
    /** A message costs three tokens and its role one, the answer's beginning three (OpenAI cookbook, token counting). */
    private static final int PER_MESSAGE = 3;
    private static final int PER_NAME = 1;
    private static final int PER_ANSWER = 3;
    /** Around the tools, which the provider writes in a form of its own, shorter than JSON. */
    private static final int PER_TOOLS = 16;

    private final Tokenizers tokenizers;
    private final long image;
    private final long audio;
    private final Map<String, Optional<EncodingType>> families = new ConcurrentHashMap<>();

    /**
     * @param image most tokens of an image
     * @param audio most tokens of a piece of audio
     */
    public PromptBound(Tokenizers tokenizers, long image, long audio) {
        this.tokenizers = tokenizers;
        this.image = image;
        this.audio = audio;
    }

    /** Whether {@link #exact} knows better than {@link #bytes}. */
    public boolean countable(Model model) {
        return family(model).isPresent();
    }

    private Optional<EncodingType> family(Model model) {
        Optional<EncodingType> known = families.get(model.name());
        return known != null ? known : families.computeIfAbsent(model.name(), name -> Tokenizers.family(model));
    }

    /** One token per byte: cheap, and always enough. */
    public long bytes(Request request) {
        return total(request, (json, start, end, text) -> end - start);
    }

    /** By the model's own tokenizer, or by bytes where it has none. */
    public Uni<Long> exact(Request request, Model model) {
        Optional<EncodingType> family = family(model);
        if (family.isEmpty()) {
            return Uni.createFrom().item(bytes(request));
        }
        return count(request, family.get());
    }

    private Uni<Long> count(Request request, EncodingType family) {
        return tokenizers.count(family, request.body().bytes().length,
                encoding -> Math.min(bytes(request), total(request, counter(encoding))));
    }

    /** No bound: by the model's own tokenizer, or by OpenAI's latest where it is not public. */
    public Uni<Long> estimate(Request request, Model model) {
        return count(request, family(model).orElse(Tokenizers.LATEST));
    }

    private static Counter counter(Encoding encoding) {
        return (json, start, end, text) -> encoding.countTokensOrdinary(text != Json.NONE
                ? json.text(text)
                : new String(json.bytes(), start, end - start, StandardCharsets.UTF_8));
    }

    /** Tokens of a stretch of the body; where that is a string, text is its node. */
    private interface Counter {
        long count(Json json, int start, int end, int text);
    }

    private long total(Request request, Counter counter) {
        Json json = request.body();
        Dialect dialect = Dialect.of(request.endpoint());
        long total = PER_ANSWER;
        for (int name = json.first(json.root()); name != Json.NONE; name = json.next(json.root(), name)) {
            int value = json.value(name);
            Kind kind = json.kind(value);
            if (kind == Kind.ARRAY || kind == Kind.OBJECT || kind == Kind.STRING) {
                if (json.named(name, dialect.turnsName())) {
                    total += messages(json, value, counter);
                } else if (!json.named(name, dialect.apartFromPrompt())) {
                    total += PER_TOOLS + counter.count(json, json.start(value), json.end(value), Json.NONE);
                }
            }
        }
        return total;
    }

    private long messages(Json json, int messages, Counter counter) {
        long total = 0;
        if (!json.is(messages, Kind.ARRAY)) {
            return counter.count(json, json.start(messages), json.end(messages), Json.NONE);
        }
        for (int message = json.first(messages); message != Json.NONE; message = json.next(messages, message)) {
            total += PER_MESSAGE + message(json, message, counter);
        }
        return total;
    }

    private long message(Json json, int message, Counter counter) {
        if (!json.is(message, Kind.OBJECT)) {
            return counter.count(json, json.start(message), json.end(message), Json.NONE);
        }
        long total = 0;
        for (int name = json.first(message); name != Json.NONE; name = json.next(message, name)) {
            int value = json.value(name);
            boolean plain = json.named(name, "role") || json.named(name, "content");
            if (json.is(value, Kind.STRING)) {
                total += (plain ? 0 : PER_NAME) + text(json, value, counter);
            } else if (plain && json.is(value, Kind.ARRAY)) {
                total += parts(json, value, counter);
            } else if (!json.is(value, Kind.NULL)) {
                total += PER_NAME + counter.count(json, json.start(value), json.end(value), Json.NONE);
            }
        }
        return total;
    }

    private long parts(Json json, int parts, Counter counter) {
        long total = 0;
        for (int part = json.first(parts); part != Json.NONE; part = json.next(parts, part)) {
            String type = json.string(part, "type").orElse("");
            int text = json.member(part, "text");
            if (type.equals("image_url") || type.equals("image") || type.equals("input_image")) {
                total += image;
            } else if (type.equals("input_audio") || type.equals("audio")) {
                total += audio;
            } else if (json.is(text, Kind.STRING)) {
                total += PER_NAME + text(json, text, counter);
            } else if (json.is(json.member(part, "content"), Kind.ARRAY)) { // what a tool of Anthropic's dialect showed
                total += PER_NAME + parts(json, json.member(part, "content"), counter);
            } else {
                total += json.end(part) - json.start(part);
            }
        }
        return total;
    }

    private static long text(Json json, int string, Counter counter) {
        return counter.count(json, json.start(string) + 1, json.end(string) - 1, string);
    }
}
