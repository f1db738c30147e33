package dev.sluice.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Finish;
import dev.sluice.Model;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchRunTest {
    private static final Refusal BUSY = Refusal.of(429, "rate_limit_error", "rate_limit_exceeded", "Wait.")
            .retryAfter(3);
    private static final Refusal SPENT = Refusal.of(429, "insufficient_quota", "insufficient_quota", "Spent.");
    private static final Refusal AWAY = Refusal.of(503, "server_error", "store_unavailable", "Away.").retryAfter(1);

    private final FakeClient client = new FakeClient();
    private final FakePipeline pipeline = new FakePipeline();

    @RepeatedTest(60)
    void everyLineIsAnsweredExactlyOnceWhateverTheOrderOfThings(RepetitionInfo repetition) {
        // given
        Random random = new Random(repetition.getCurrentRepetition());
        boolean ordered = random.nextBoolean();
        int count = random.nextInt(200);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(line("id-" + i));
        }
        client.sends(String.join("\n", lines), 1 + random.nextInt(500));
        start(1 + random.nextInt(12), ordered);

        // when
        while (!client.ended()) {
            switch (random.nextInt(6)) {
                case 0 -> client.deliver();
                case 1 -> client.slow(random.nextBoolean());
                case 2 -> pipeline.elapse(random.nextInt(4000));
                case 3 -> pipeline.reply(random, BUSY);
                case 4 -> pipeline.reply(random, random.nextInt(10) == 0 ? SPENT : answer("{}"));
                default -> pipeline.immediately(random.nextInt(8) == 0 ? answer("{}") : null);
            }
        }

        // then
        List<String> expected = IntStream.range(0, count).mapToObj(i -> "id-" + i).toList();
        if (ordered) {
            assertThat(client.ids()).isEqualTo(expected);
        } else {
            assertThat(client.ids()).containsExactlyInAnyOrderElementsOf(expected);
        }
        long failed = client.answers().stream().filter(answer -> answer.get("status").intValue() != 200).count();
        assertThat(client.summary().get("total").intValue()).isEqualTo(count);
        assertThat(client.summary().get("failed").longValue()).isEqualTo(failed);
        assertThat(client.summary().get("succeeded").longValue()).isEqualTo(count - failed);
        assertThat(pipeline.running()).isZero();
        assertThat(pipeline.timers()).isZero();
    }

    @Test
    void noMoreLinesThanAllowedAreUnderWayAndTheRestStaysAtTheClient() {
        client.sends(lines(1000), 10_000);
        start(10, false);
        client.deliver();

        assertThat(pipeline.running()).isEqualTo(10);
        assertThat(client.fetched()).isEqualTo(1);

        pipeline.replyFirst(answer("{}"));

        assertThat(pipeline.running()).isEqualTo(10);
        assertThat(client.answers()).hasSize(1);
    }

    @Test
    void aClientThatDoesNotReadIsNotAskedForMore() {
        client.sends(lines(1000), 100);
        start(2, false);
        client.deliverAll();
        client.slow(true);
        while (pipeline.running() > 0) {
            pipeline.replyFirst(answer("{}"));
        }
        int fetched = client.fetched();

        assertThat(client.answers()).hasSize(2);
        client.deliverAll();
        assertThat(pipeline.running()).isZero();

        assertThat(client.fetched()).isEqualTo(fetched);

        client.slow(false);
        client.deliverAll();

        assertThat(pipeline.running()).isEqualTo(2);
        assertThat(client.fetched()).isGreaterThan(fetched);
    }

    @Test
    void answersGoAsLinesFinish() {
        client.sends(lines(3), 10_000);
        start(3, false);
        client.deliverAll();

        pipeline.replyLast(answer("{}"));
        pipeline.replyLast(answer("{}"));
        pipeline.replyLast(answer("{}"));

        assertThat(client.ids()).containsExactly("id-2", "id-1", "id-0");
    }

    @Test
    void answersGoInOrderWhereThatIsAskedForAndOnlySoManyGetAhead() {
        client.sends(lines(1000), 1_000_000);
        start(3, true);
        client.deliverAll();

        while (pipeline.running() > 1) {
            pipeline.replyLast(answer("{}"));
        }

        assertThat(client.answers()).isEmpty();
        assertThat(pipeline.asked()).isEqualTo(12);
        pipeline.replyLast(answer("{}"));
        assertThat(client.ids()).isEqualTo(IntStream.range(0, 12).mapToObj(i -> "id-" + i).toList());
        assertThat(pipeline.running()).isEqualTo(3);
    }

    @Test
    void largeAnswersThatWaitForTheirTurnHoldTheOthersBack() {
        client.sends(lines(100), 1_000_000);
        start(3, true);
        client.deliverAll();

        pipeline.replyLast(answer("\"" + "x".repeat(8 << 20) + "\""));

        assertThat(pipeline.running()).isEqualTo(2);
        assertThat(pipeline.asked()).isEqualTo(3);
    }

    @Test
    void aLineWaitsForQuotaForAsLongAsItTakes() {
        client.sends(lines(1), 10_000);
        start(1, false);
        client.deliverAll();

        for (int i = 0; i < 1000; i++) {
            pipeline.replyFirst(BUSY);
            pipeline.elapse(2000); // Retry-After 3 is for something between 2 and 3 seconds
            assertThat(pipeline.running()).isZero();
            pipeline.elapse(1001);
            assertThat(pipeline.running()).isEqualTo(1);
        }
        pipeline.replyFirst(answer("{}"));

        assertThat(client.ids()).containsExactly("id-0");
        assertThat(client.answers().get(0).get("status").intValue()).isEqualTo(200);
    }

    @Test
    void aLineThatWaitsKeepsItsSlot() {
        client.sends(lines(5), 10_000);
        start(2, false);
        client.deliverAll();

        pipeline.replyFirst(BUSY);

        assertThat(pipeline.running()).isEqualTo(1);
        assertThat(pipeline.asked()).isEqualTo(2);
    }

    @Test
    void whatWaitingDoesNotCureFailsTheLine() {
        client.sends(lines(1), 10_000);
        start(1, false);
        client.deliverAll();

        pipeline.replyFirst(SPENT);

        assertThat(client.answers().get(0).get("status").intValue()).isEqualTo(429);
        assertThat(client.answers().get(0).at("/body/error/code").textValue()).isEqualTo("insufficient_quota");
    }

    @Test
    void anOutageIsWaitedForOnlySoOften() {
        client.sends(lines(1), 10_000);
        start(1, false);
        client.deliverAll();

        for (int i = 0; i < LineCall.MOST_OUTAGES; i++) {
            pipeline.replyFirst(AWAY);
            assertThat(client.answers()).isEmpty();
            pipeline.elapse(1001);
        }
        pipeline.replyFirst(AWAY);

        assertThat(client.answers().get(0).get("status").intValue()).isEqualTo(503);
        assertThat(pipeline.timers()).isZero();
    }

    @Test
    void aClientThatGoesEndsWhatIsUnderWayAndWhatWaits() {
        client.sends(lines(100), 10_000);
        BatchRun run = start(5, false);
        client.deliverAll();
        pipeline.replyFirst(BUSY);

        run.abandon();

        assertThat(pipeline.cancelled()).isEqualTo(4);
        assertThat(pipeline.timers()).isZero();
        run.work();
        assertThat(pipeline.running()).isZero();
        assertThat(client.ended()).isFalse();
    }

    @Test
    void theSummaryAddsUp() {
        client.sends(lines(4) + "\nnonsense", 10_000);
        start(10, false);
        client.deliverAll();
        Receipt paid = new Receipt(Optional.empty(), Optional.empty(), OptionalDouble.empty(), 1, Usage.NONE,
                new Money(1500), Money.ZERO, new Money(7), Optional.of(new CacheStatus.Miss(true)), Optional.empty(),
                false, false, false, 0);
        Model model = new Model("m", "p", "m", Optional.empty(), 0, 0, List.of());
        Receipt hit = Receipt.fromCache(model, Usage.NONE, new CacheStatus.ExactHit(1, 1));
        Reply late = new Answer(429, "application/json", "{}".getBytes(StandardCharsets.UTF_8), OptionalLong.of(1),
                Finish.OTHER,
                paid);

        pipeline.replyFirst(answer("{}").with(paid));
        pipeline.replyFirst(answer("{}").with(hit));
        pipeline.replyFirst(SPENT);
        pipeline.replyFirst(late); // a try that cost something and has to be repeated
        pipeline.elapse(1001);
        pipeline.replyFirst(answer("{}").with(paid));

        assertThat(client.summary()).hasToString("{\"total\":5,\"succeeded\":3,\"failed\":2,\"cached\":1,"
                + "\"cost_usd\":\"0.0000045\",\"saved_usd\":\"0.000000014\"}");
        assertThat(client.answers()).extracting(answer -> answer.get("cost_usd").textValue())
                .containsExactly("0", "0.0000015", "0", "0", "0.000003");
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false})
    void anEmptyBatchIsASummary(boolean ordered) {
        client.sends("\n\n", 1);
        start(1, ordered);
        client.deliverAll();

        assertThat(client.ended()).isTrue();
        assertThat(client.summary().get("total").intValue()).isZero();
    }

    private BatchRun start(int concurrent, boolean ordered) {
        BatchRun run = new BatchRun(concurrent, 1 << 20, ordered, client, pipeline);
        client.run(run);
        run.work();
        return run;
    }

    private static Answer answer(String body) {
        return new Answer(200, "application/json", body.getBytes(StandardCharsets.UTF_8), Receipt.NONE);
    }

    private static String lines(int count) {
        return String.join("\n", IntStream.range(0, count).mapToObj(i -> line("id-" + i)).toList());
    }

    private static String line(String id) {
        return "{\"custom_id\":\"" + id + "\",\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                + "\"content\":\"hi\"}]}}";
    }
}
