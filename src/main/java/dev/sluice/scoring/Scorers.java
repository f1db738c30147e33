package dev.sluice.scoring;

import dev.sluice.config.Settings;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The scorer that the configuration names. */
final class Scorers {

    @Produces
    @Singleton
    Scorer configured(Settings settings) {
        return switch (settings.routing().scorer()) {
            case LEARNED -> LearnedScorer.shipped();
            case RULES -> new RulesScorer();
            case ARTICLE -> new ArticleScorer();
        };
    }
}
