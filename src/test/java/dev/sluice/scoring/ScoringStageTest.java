package dev.sluice.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Complexity;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Request;
import dev.sluice.Wishes;
import dev.sluice.config.Settings;
import dev.sluice.json.Json;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScoringStageTest {
    private static final Settings SETTINGS = new Settings(null, null, Map.of(), Map.of(), new Settings.Routing(
            Set.of("auto", "best"), Priority.LOW, Settings.Scorer.RULES, Optional.empty(), List.of()), null, null,
            null, Map.of(), Map.of());

    private final List<Exchange> handedOn = new ArrayList<>();
    private final ScoringStage stage = new ScoringStage(SETTINGS, new Scorers().configured(SETTINGS));

    @Test
    void aPromptIsScoredWhereTheGatewayChooses() {
        serve("auto");
        serve("best");

        assertThat(handedOn).extracting(Exchange::complexity).extracting(Complexity::score).hasSize(2)
                .allSatisfy(score -> assertThat(score).isPositive());
    }

    @Test
    void aPromptIsNotScoredWhereTheClientHasChosen() {
        serve("gpt-4.1");

        assertThat(handedOn).singleElement().satisfies(exchange -> assertThat(exchange.complexity()).isNull());
    }

    private void serve(String model) {
        Request request = new Request(Endpoint.CHAT_COMPLETIONS, Json.parse("{}".getBytes(StandardCharsets.UTF_8)),
                model, "Vergleiche das.", 0, 1);
        Caller caller = new Caller("k", "t", Quota.UNLIMITED, false, Priority.CRITICAL, Set.of("*"));
        Reply answer = new Answer(200, "application/json", new byte[0], Receipt.NONE);

        Reply reply = stage.apply(Exchange.of("id", request, caller, Wishes.NONE), exchange -> {
            handedOn.add(exchange);
            return Uni.createFrom().item(answer);
        }).await().atMost(Duration.ofSeconds(1));

        assertThat(reply).isSameAs(answer);
    }
}
