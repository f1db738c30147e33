package dev.sluice.tokens;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import dev.sluice.Model;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/**
 * OpenAI's public tokenizers by model family. A tokenizer is read on first use (some hundred milliseconds, some ten
 * megabytes) and long texts take milliseconds: both happen on a worker thread.
 */
@Singleton
public final class Tokenizers {
    /** What is counted on the event loop takes less than a millisecond. */
    private static final int SHORT_BYTES = 4096;

    static final EncodingType LATEST = EncodingType.O200K_BASE;

    private final Vertx vertx;
    private final EncodingRegistry registry = Encodings.newLazyEncodingRegistry();
    private final Map<EncodingType, Encoding> ready = new ConcurrentHashMap<>();

    public Tokenizers(Vertx vertx) {
        this.vertx = vertx;
    }

    /** The tokenizer of a model's family; empty where it is not public. */
    static Optional<EncodingType> family(Model model) {
        return family(model.upstreamName()).or(() -> family(model.name()));
    }

    private static Optional<EncodingType> family(String name) {
        String bare = name.substring(name.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        if (startsWithAny(bare, "gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "chatgpt-4o", "o1", "o3", "o4-")) {
            return Optional.of(EncodingType.O200K_BASE);
        }
        if (startsWithAny(bare, "gpt-4", "gpt-3.5", "gpt-35")) {
            return Optional.of(EncodingType.CL100K_BASE);
        }
        return Optional.empty();
    }

    private static boolean startsWithAny(String name, String... prefixes) {
        for (String prefix : prefixes) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    /** Counts the tokens of a text as this model's tokenizer does, or, where that is not public, OpenAI's latest. */
    public Uni<Long> count(Model model, String text) {
        return count(family(model).orElse(LATEST), text.length(), encoding -> encoding.countTokensOrdinary(text));
    }

    /** Counts with the tokenizer; answers on the caller's context. */
    Uni<Long> count(EncodingType type, int bytes, ToLongFunction<Encoding> counting) {
        Encoding encoding = ready.get(type);
        if (encoding != null && bytes <= SHORT_BYTES) {
            return Uni.createFrom().item(counting.applyAsLong(encoding));
        }
        return Uni.createFrom()
                .<Long>emitter(emitter -> vertx
                        .executeBlocking(
                                () -> counting.applyAsLong(ready.computeIfAbsent(type, registry::getEncoding)), false)
                        .onComplete(emitter::complete, emitter::fail));
    }
}
