package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Reply.Refusal;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopbackOnlyTest {

    @ParameterizedTest
    @ValueSource(strings = { "localhost", "LOCALHOST", "127.0.0.1", "[::1]", "::1"})
    void thisMachineMayAsk(String host) {
        assertThat(LoopbackOnly.refusal(host, Optional.empty())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2",
            "0.0.0.0",
            "localhost.", "[::2]", "2130706433"})
    void aNameThatOnlyPointsHereMayNot(String host) {
        assertThat(LoopbackOnly.refusal(host, Optional.empty())).get().extracting(Refusal::status, r -> r.code().get())
                .containsExactly(403, "host_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(strings = { "http://localhost", "http://localhost:3000", "https://127.0.0.1:8443",
            "http://[::1]:8080"})
    void pagesOfThisMachineMayAsk(String origin) {
        assertThat(LoopbackOnly.refusal("localhost", Optional.of(origin))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "null", "https://evil.example", "http://localhost.evil.example",
            "http://localhost:80@evil",
            "file://localhost", "chrome-extension://localhost", "http://", "http://localhost/evil.example",
            "http://localhost http://evil.example", "HTTP://EVIL"})
    void otherPagesMayNot(String origin) {
        assertThat(LoopbackOnly.refusal("localhost", Optional.of(origin))).get()
                .extracting(Refusal::status, r -> r.code().get()).containsExactly(403, "origin_not_allowed");
    }
}
