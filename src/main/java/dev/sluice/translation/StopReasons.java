package dev.sluice.translation;

/** Why an answer ended, in both dialects. */
final class StopReasons {
    private StopReasons() {
    }

    /** Anthropic's {@code stop_reason} as {@code finish_reason}; one that nobody knows yet is handed on as it is. */
    static String asChat(String stopReason) {
        return switch (stopReason) {
            case "end_turn", "stop_sequence", "pause_turn" -> "stop";
            case "max_tokens", "model_context_window_exceeded" -> "length";
            case "tool_use" -> "tool_calls";
            case "refusal" -> "content_filter";
            default -> stopReason;
        };
    }

    /**
     * The other way round.
     *
     * @param calls whether the answer calls tools: a call that the client demanded ends with {@code stop} at OpenAI
     */
    static String asMessages(String finishReason, boolean calls) {
        return switch (finishReason) {
            case "stop" -> calls ? "tool_use" : "end_turn";
            case "length" -> "max_tokens";
            case "tool_calls", "function_call" -> "tool_use";
            case "content_filter" -> "refusal";
            default -> finishReason;
        };
    }
}
