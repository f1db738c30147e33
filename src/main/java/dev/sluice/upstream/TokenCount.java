package dev.sluice.upstream;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.config.Settings;
import dev.sluice.dialect.StreamReader;
import dev.sluice.dialect.Told;
import dev.sluice.tokens.PromptBound;
import dev.sluice.tokens.Tokenizers;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** Counts tokens of streams whose provider did not, or was not given the time to. */
@Singleton
final class TokenCount {
    private final Tokenizers tokenizers;
    private final PromptBound prompts;

    @Inject
    TokenCount(Tokenizers tokenizers, Settings settings) {
        this(tokenizers,
                new PromptBound(tokenizers, settings.limits().imageTokens(), settings.limits().audioTokens()));
    }

    TokenCount(Tokenizers tokenizers, PromptBound prompts) {
        this.tokenizers = tokenizers;
        this.prompts = prompts;
    }

    /**
     * What was used so far, by what the provider has told of it, and by a tokenizer where it has not. Answers on the
     * caller's context; long texts are counted elsewhere.
     */
    Uni<Usage> of(Request request, Model model, StreamReader reader) {
        Usage known = reader.usage().orElse(Usage.NONE);
        Uni<Long> input = known.inputTokens() > 0
                ? Uni.createFrom().item(known.inputTokens())
                : prompts.estimate(request, model);
        Told told = reader.told();
        return input.flatMap(prompt -> output(model, told).map(output -> new Usage(prompt, known.cachedInputTokens(),
                known.cacheWriteTokens(), known.longCacheWriteTokens(), Math.max(known.outputTokens(), output))));
    }

    /** What is beyond the text that was kept is taken to be like it. */
    private Uni<Long> output(Model model, Told told) {
        if (told.length() == 0) {
            return Uni.createFrom().item(0L);
        }
        return tokenizers.count(model, told.text())
                .map(count -> Math.round((double) count * told.length() / told.text().length()));
    }
}
