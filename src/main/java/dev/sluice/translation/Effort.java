package dev.sluice.translation;

import java.util.regex.Pattern;

/**
 * How hard a model should think, as OpenAI's {@code reasoning_effort} and Anthropic's {@code output_config.effort} say it.
 * It is a hint: models that do not know it refuse it, so they are not told.
 */
final class Effort {
    /** Claude before Opus 4.5 and Sonnet 4.6. */
    private static final Pattern CLAUDE_WITHOUT = Pattern
            .compile("claude-(instant|2|3).*|.*(sonnet-4-5|haiku-4-5|opus-4-1)([-@].*)?"
                    + "|.*(opus|sonnet)-4(-0|[-@]2025\\d{4})?");
    private static final Pattern OPENAI_WITH = Pattern.compile("(o[134]|gpt-5|gpt-oss)([-.].*)?");

    private Effort() {
    }

    /** Empty: nothing to say. */
    static String ofChat(String effort) {
        return switch (effort) {
            case "none", "minimal" -> "low";
            case "low", "medium", "high", "xhigh", "max" -> effort;
            default -> "";
        };
    }

    /** Empty: nothing to say. */
    static String ofMessages(String effort) {
        return switch (effort) {
            case "low", "medium", "high" -> effort;
            case "xhigh", "max" -> "high";
            default -> "";
        };
    }

    /** @param model what Anthropic calls it */
    static boolean isKnownTo(String model) {
        return !CLAUDE_WITHOUT.matcher(bare(model).replace('.', '-')).matches();
    }

    /** @param model what a provider of OpenAI's dialect calls it */
    static boolean isKnownToChat(String model) {
        return OPENAI_WITH.matcher(bare(model)).matches();
    }

    private static String bare(String model) {
        return model.substring(model.lastIndexOf('/') + 1);
    }
}
