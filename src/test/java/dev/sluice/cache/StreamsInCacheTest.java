package dev.sluice.cache;

import static dev.sluice.cache.Asked.USAGE;
import static dev.sluice.cache.Asked.exchange;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.CacheStatus;
import dev.sluice.Endpoint;
import dev.sluice.Exchange;
import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.Answer;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Stage.Next;
import dev.sluice.Wishes.CacheWish;
import dev.sluice.Wishes.Lookup;
import dev.sluice.dialect.Dialect;
import dev.sluice.json.Json;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.TestRedis;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamsInCacheTest {
    private static final Dialect CHAT = Dialect.of(Endpoint.CHAT_COMPLETIONS);
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String[] TOLD = {
            "{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hé\"},\"finish_reason\":null}]}",
            "{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"llo\"},\"finish_reason\":null}]}",
            "{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
            "{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50,\"total_tokens\":150}}",
            "[DONE]"};

    private static TestRedis redis;
    private static SharedStore store;

    private final String whole = Asked.question("hi " + UUID.randomUUID());
    private final String stream = whole.replace("{\"model\"", "{\"stream\":true,\"model\"");
    private final String streamWithUsage = stream.replace("{\"stream\"",
            "{\"stream_options\":{\"include_usage\":true},\"stream\"");

    private Replica replica;
    private final AtomicInteger calls = new AtomicInteger();

    @BeforeAll
    static void startRedis() {
        redis = TestRedis.start();
        store = Eventually.answering(redis.store(Duration.ofSeconds(5)));
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void start() {
        replica = new Replica(redis, store, Replica.settings());
    }

    /** A provider that tells these events, as if they came from the network, and then ends as it is told to. */
    private Next telling(Optional<Refusal> failure, boolean cutShort, String... data) {
        return exchange -> {
            calls.incrementAndGet();
            Receipt receipt = Receipt.servedBy(exchange.route().model(), 1, USAGE, 1);
            Receipt last = cutShort ? receipt.asCutShort() : receipt;
            return Uni.createFrom().item(new Stream(200, SseEvent.CONTENT_TYPE, ending -> {
                List<List<SseEvent>> batches = new ArrayList<>();
                batches.add(List.of(SseEvent.comment("keep-alive")));
                for (String one : data) {
                    SseEvent event = SseEvent.of(one.getBytes(StandardCharsets.UTF_8));
                    batches.add(List.of(one.contains("usage") ? event.asHidden() : event));
                }
                return Multi.createFrom().iterable(batches)
                        .onCompletion().invoke(() -> ending.apply(new End(failure, false, last)));
            }, receipt));
        };
    }

    private Next telling(String... data) {
        return telling(Optional.empty(), false, data);
    }

    private String told(Reply reply) {
        StringBuilder all = new StringBuilder();
        ((Stream) reply).source().tell(end -> end).collect().asList().await().atMost(SOON)
                .forEach(batch -> batch.stream().filter(event -> !event.hidden() && event.hasData())
                        .forEach(event -> all.append(new String(event.raw(), StandardCharsets.UTF_8))));
        return all.toString();
    }

    private static String wire(String... data) {
        StringBuilder all = new StringBuilder();
        Arrays.stream(data).forEach(one -> all.append("data: ").append(one).append("\n\n"));
        return all.toString();
    }

    /** The entry is written after the stream has ended. */
    private Reply hit(Exchange exchange) {
        Reply[] reply = new Reply[1];
        CacheWish onlyIfCached = new CacheWish(Lookup.EXACT, false, false, OptionalLong.empty(), true);
        Exchange asked = exchange(new String(exchange.request().body().bytes(), StandardCharsets.UTF_8), onlyIfCached);
        Eventually.until(() -> {
            reply[0] = replica.ask(asked, telling(TOLD));
            return !(reply[0] instanceof Refusal);
        });
        return reply[0];
    }

    @Test
    void aStreamIsReplayedChunkByChunk() {
        // given
        String first = told(replica.ask(exchange(stream), telling(TOLD)));

        // when
        Reply again = hit(exchange(stream));

        // then
        assertThat(first).isEqualTo(wire(TOLD[0], TOLD[1], TOLD[2], TOLD[4]));
        assertThat(again.receipt().cache().orElseThrow()).isInstanceOf(CacheStatus.ExactHit.class);
        assertThat(again.receipt().cost()).isEqualTo(Money.ZERO);
        assertThat(again.receipt().savedByCache().nanos()).isPositive();
        assertThat(told(again)).isEqualTo(first);
        assertThat(told(hit(exchange(streamWithUsage)))).isEqualTo(wire(TOLD));
        assertThat(calls).hasValue(1);
    }

    @Test
    void aStreamAnswersWhoWantsItWhole() {
        // given
        told(replica.ask(exchange(stream), telling(TOLD)));

        // when
        Answer answer = (Answer) hit(exchange(whole));

        // then
        assertThat(answer.contentType()).isEqualTo("application/json");
        assertThat(Json.parse(answer.body()).bytes()).asString(StandardCharsets.UTF_8).isEqualTo(
                "{\"id\":\"1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\","
                        + "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":50,\"total_tokens\":150},"
                        + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Héllo\"},"
                        + "\"logprobs\":null,\"finish_reason\":\"stop\"}]}");
        assertThat(answer.receipt().usage()).isEqualTo(USAGE);
    }

    @Test
    void aWholeAnswerIsToldToWhoWantsAStream() {
        // given
        replica.askAndKeep(exchange(whole), new Asked.Provider());

        // when
        Reply reply = hit(exchange(stream));

        // then
        String told = told(reply);
        assertThat(told).contains("\"content\":\"answer 1\"").endsWith("data: [DONE]\n\n");
        assertThat(CHAT.assemble(List.of(SseEvent.of(
                told.substring("data: ".length(), told.indexOf("\n\n")).getBytes(StandardCharsets.UTF_8)))))
                .asString(StandardCharsets.UTF_8).contains("answer 1");
    }

    @Test
    void aReplayMayTakeItsTime() {
        // given
        told(replica.ask(exchange(stream), telling(TOLD)));
        hit(exchange(stream));
        Exchange plain = exchange(stream);
        Exchange paced = Exchange.of("paced", plain.request(), plain.caller(),
                plain.wishes().replayedAfter(Duration.ofMillis(50))).with(plain.route());

        // when
        long start = System.nanoTime();
        String told = told(replica.ask(paced, telling(TOLD)));

        // then
        assertThat(told).isEqualTo(wire(TOLD[0], TOLD[1], TOLD[2], TOLD[4]));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @ParameterizedTest
    @ValueSource(strings = { "without the end", "failed", "cut off by us", "cut off by a filter", "not JSON"})
    void whatIsNotWholeIsNotKept(String how) {
        // given
        Optional<Refusal> failure = how.equals("failed")
                ? Optional.of(Refusal.of(502, "upstream_error", "upstream_error", "x"))
                : Optional.empty();
        String[] data = switch (how) {
            case "without the end" -> Arrays.copyOf(TOLD, 4);
            case "cut off by us" -> new String[]{ TOLD[0], TOLD[2].replace("stop", "length"), TOLD[4]};
            case "cut off by a filter" -> new String[]{ TOLD[0], TOLD[2].replace("stop", "content_filter"), TOLD[4]};
            case "not JSON" -> new String[]{ TOLD[0], "oops", TOLD[2], TOLD[4]};
            default -> TOLD;
        };

        // when
        told(replica.ask(exchange(stream), telling(failure, how.equals("cut off by us"), data)));
        told(replica.ask(exchange(stream.replace("hi", "flush")), telling(TOLD)));
        hit(exchange(stream.replace("hi", "flush"))); // whatever was going to be written before is written by now

        // then
        CacheWish onlyIfCached = new CacheWish(Lookup.EXACT, false, false, OptionalLong.empty(), true);
        assertThat(replica.ask(exchange(stream, onlyIfCached), telling(TOLD))).isInstanceOf(Refusal.class);
    }

    @Test
    void whoLeavesLeavesNothingBehind() {
        // given
        Stream begun = (Stream) replica.ask(exchange(stream), telling(TOLD));

        // when
        begun.source().tell(end -> end).select().first(3).collect().asList().await().atMost(SOON);
        told(replica.ask(exchange(stream.replace("hi", "flush")), telling(TOLD)));
        hit(exchange(stream.replace("hi", "flush")));

        // then
        CacheWish onlyIfCached = new CacheWish(Lookup.EXACT, false, false, OptionalLong.empty(), true);
        assertThat(replica.ask(exchange(stream, onlyIfCached), telling(TOLD))).isInstanceOf(Refusal.class);
    }
}
