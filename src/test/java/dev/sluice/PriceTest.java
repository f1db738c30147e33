package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class PriceTest {
    private static final Price CLAUDE = new Price(usd("3"), usd("0.30"), usd("3.75"), usd("6"), usd("15"));

    @Test
    void chargesWhatThePromptCacheReadAndWroteAtTheirOwnPrices() {
        // given 100 plain, 10,000 read, 2,000 written for minutes, 500 for an hour
        Usage usage = new Usage(12_600, 10_000, 2_000, 500, 50);

        Money cost = CLAUDE.cost(usage);

        // 300 + 3,000 + 7,500 + 3,000 + 750 millionths
        assertThat(cost).isEqualTo(Money.ofUsd(usd("0.01455")));
    }

    @Test
    void chargesWritesAsInputWhereTheProviderDoesNotTellThemApart() {
        Price price = new Price(usd("2"), usd("0.5"), usd("8"));

        assertThat(price.cost(new Usage(1_000, 400, 300, 0, 10)))
                .isEqualTo(price.cost(new Usage(1_000, 400, 10)));
    }

    @Test
    void knowsTheDearestPromptToken() {
        assertThat(CLAUDE.dearestInput()).isEqualTo("6");
        assertThat(new Price(usd("2"), usd("0.5"), usd("8")).dearestInput()).isEqualTo("2");
    }

    @Test
    void addsUsageUpPartByPart() {
        Usage sum = new Usage(10, 1, 2, 3, 4).plus(new Usage(100, 10, 20, 30, 40));

        assertThat(sum).isEqualTo(new Usage(110, 11, 22, 33, 44));
        assertThat(sum.plainInputTokens()).isEqualTo(44);
        assertThat(sum.totalTokens()).isEqualTo(154);
    }

    @Test
    void refusesPartsThatAreMoreThanThePrompt() {
        assertThatThrownBy(() -> new Usage(10, 5, 4, 2, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static BigDecimal usd(String amount) {
        return new BigDecimal(amount);
    }
}
