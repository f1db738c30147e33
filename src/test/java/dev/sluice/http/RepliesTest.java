package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepliesTest {

    @ParameterizedTest
    @CsvSource({ "0, 0s", "20, 20ms", "999, 999ms", "1000, 1s", "1001, 2s", "59000, 59s", "59001, 1m0s", "360000, 6m0s",
            "3600000, 1h0m0s", "7205000, 2h0m5s"})
    void resetsAreWrittenAsOpenAiWritesThem(long millis, String written) {
        assertThat(Replies.duration(millis)).isEqualTo(written);
    }
}
