package dev.sluice.translation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EffortTest {

    @ParameterizedTest
    @ValueSource(strings = { "claude-opus-4-5", "claude-opus-4-5-20251101", "claude-opus-4-6", "claude-sonnet-4-6",
            "claude-sonnet-5", "claude-haiku-5-5", "anthropic/claude-opus-4.6"})
    void isKnownToNewerClaudes(String model) {
        assertThat(Effort.isKnownTo(model)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = { "claude-3-7-sonnet-latest", "claude-3-haiku-20240307", "claude-sonnet-4-20250514",
            "claude-sonnet-4-0", "claude-opus-4", "claude-opus-4-1-20250805", "claude-sonnet-4-5",
            "claude-sonnet-4-5-20250929", "claude-haiku-4-5", "anthropic/claude-sonnet-4.5",
            "claude-sonnet-4@20250514"})
    void isNotKnownToOlderOnes(String model) {
        assertThat(Effort.isKnownTo(model)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = { "o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5.1", "gpt-5-mini", "openai/gpt-5",
            "gpt-oss-120b"})
    void isKnownToModelsThatReason(String model) {
        assertThat(Effort.isKnownToChat(model)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = { "gpt-4.1", "gpt-4o", "deepseek-chat", "gemini-2.5-flash", "o100", "claude-opus-4-6"})
    void isNotKnownToTheOthers(String model) {
        assertThat(Effort.isKnownToChat(model)).isFalse();
    }
}
