package dev.sluice.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * One kind of request, and what the gateway's answer must look like for it to be that kind.
 *
 * @param name as the report calls it
 * @param semantic whether the gateway that is asked compares questions by their meaning
 * @param first asked before all others; null: nothing
 * @param questions the bodies
 * @param secrets of the keys that ask, in turn
 * @param status of the gateway's answer
 * @param cacheStatus what its {@code Cache-Status} must contain; empty: anything
 */
record Scenario(String name, boolean semantic, byte[] first, Supplier<byte[]> questions, Supplier<String> secrets,
        int status, String cacheStatus) {

    static final String PATH = "/v1/chat/completions";
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OK = 200;
    private static final int TOO_MANY_REQUESTS = 429;

    /** @param data folder of the evaluation's sets, for real questions; it may be missing */
    static List<Scenario> all(Path data) {
        return List.of(
                miss("miss", Questions.different(false)),
                new Scenario("hit", false, null, Questions.same(false), Scenario::anybody, OK, "detail=exact"),
                new Scenario("refusal", false, null, Questions.different(false), () -> Installation.SPENT,
                        TOO_MANY_REQUESTS, ""),
                new Scenario("stream-miss", false, null, Questions.different(true), Scenario::anybody, OK, "fwd=miss"),
                new Scenario("stream-hit", false, null, Questions.same(true), Scenario::anybody, OK, "detail=exact"),
                new Scenario("semantic", true, Questions.askedBefore(), Questions.reworded(), Scenario::anybody, OK,
                        "semantic"),
                new Scenario("semantic-miss", true, null, Questions.compared(), Scenario::anybody, OK, "fwd=miss"),
                new Scenario("mixed", true, null, Questions.mixed(data), Scenario::anybody, OK, ""));
    }

    static Scenario of(String name, Path data) {
        return all(data).stream().filter(scenario -> scenario.name().equals(name)).findAny().orElseThrow();
    }

    private static String anybody() {
        return Installation.SECRET;
    }

    /** Of the gateway that does not compare questions by their meaning. */
    static Scenario miss(String name, Supplier<byte[]> questions) {
        return new Scenario(name, false, null, questions, Scenario::anybody, OK, "fwd=miss");
    }

    Scenario named(String other) {
        return new Scenario(other, semantic, first, questions, secrets, status, cacheStatus);
    }

    Scenario askedBy(Supplier<String> others) {
        return new Scenario(name, semantic, first, questions, others, status, cacheStatus);
    }

    /** Its part of an open loop's rate: a stream has a hundred events, an embedding takes a millisecond of CPU. */
    double share() {
        return semantic ? .25 : name.startsWith("stream") ? .1 : 1;
    }

    private int status(Target target) {
        return target == Target.PROXY ? OK : status;
    }

    /**
     * Asks until the answer is of the kind that is to be measured: what is to be a hit may have to be stored first, what
     * is to be refused to be spent.
     *
     * @return more of such requests; streams must have as many lines as the one that was seen
     */
    Load load(Target target, int port) {
        if (first != null) {
            ask(port, first);
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        HttpResponse<String> answer = ask(port, questions.get());
        while (!asExpected(target, answer) && System.nanoTime() < deadline) {
            answer = ask(port, questions.get());
        }
        if (!asExpected(target, answer)) {
            throw new IllegalStateException("This is no " + name + " of the " + target + ": HTTP "
                    + answer.statusCode() + ", Cache-Status " + cacheStatus(answer) + ", " + answer.body());
        }
        return new Load(port, questions, secrets, status(target), answer.body().chars().filter(c -> c == '\n').count());
    }

    private boolean asExpected(Target target, HttpResponse<String> answer) {
        return answer.statusCode() == status(target)
                && (target == Target.PROXY || cacheStatus(answer).contains(cacheStatus));
    }

    private static String cacheStatus(HttpResponse<String> answer) {
        return answer.headers().firstValue("Cache-Status").orElse("");
    }

    private HttpResponse<String> ask(int port, byte[] body) {
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + PATH))
                    .header("Content-Type", "application/json").header("Authorization", "Bearer " + secrets.get())
                    .timeout(PATIENCE).POST(BodyPublishers.ofByteArray(body)).build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException("Nobody answers on port " + port + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
