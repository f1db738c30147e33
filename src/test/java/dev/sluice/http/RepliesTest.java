package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.Receipt;
import dev.sluice.Reply.Stream;
import dev.sluice.Usage;
import io.smallrye.mutiny.Multi;
import io.vertx.core.MultiMap;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepliesTest {
    private static final Model MODEL = new Model("m", "p", "m",
            Optional.of(new Price(BigDecimal.ONE, BigDecimal.ONE, BigDecimal.TEN)), 0, 0, List.of());
    private static final Usage USAGE = new Usage(100, 0, 50);

    @ParameterizedTest
    @CsvSource({ "0, 0s", "20, 20ms", "999, 999ms", "1000, 1s", "1001, 2s", "59000, 59s", "59001, 1m0s", "360000, 6m0s",
            "3600000, 1h0m0s", "7205000, 2h0m5s"})
    void resetsAreWrittenAsOpenAiWritesThem(long millis, String written) {
        assertThat(Replies.duration(millis)).isEqualTo(written);
    }

    @Test
    void theHeadOfAStreamNamesWhatIsKnownOfItsMoney() {
        Money price = MODEL.cost(USAGE);
        for (CacheStatus status : List.of(new CacheStatus.ExactHit(1, 1), new CacheStatus.Replayed(),
                new CacheStatus.Collapsed())) {
            assertThat(money(Receipt.fromCache(MODEL, USAGE, status))).as("%s", status)
                    .containsExactly("0", price.toString());
        }
        assertThat(money(Receipt.fromCache(MODEL, Usage.NONE, new CacheStatus.Collapsed())))
                .as("another pays for it while it is told").containsExactly("0", null);
        assertThat(money(Receipt.servedBy(MODEL, 1, Usage.NONE, 1).with(new CacheStatus.Miss(false))))
                .containsExactly(null, null);
    }

    private static List<String> money(Receipt receipt) {
        Stream stream = new Stream(200, "text/event-stream", ending -> Multi.createFrom().empty(), receipt);
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        Replies.addHeaders(stream, headers);
        return Arrays.asList(headers.get("x-sluice-cost-usd"), headers.get("x-sluice-saved-usd"));
    }

    @Test
    void numbersHaveThreeDecimals() {
        assertThat(List.of(0.0, 1.0, 0.4567, 0.0004, 0.9996, 12.05, -0.25, -0.0001).stream().map(Replies::thousandths))
                .containsExactly("0.000", "1.000", "0.457", "0.000", "1.000", "12.050", "-0.250", "0.000");
    }
}
