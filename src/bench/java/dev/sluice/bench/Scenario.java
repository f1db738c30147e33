package dev.sluice.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/**
 * One kind of request to one target.
 *
 * @param name as the report calls it
 * @param cacheStatus what {@code Cache-Status} must contain for the scenario to be what it says; empty: no such header
 */
record Scenario(String name, Target target, Questions questions, String cacheStatus) {

    private static final String PATH = "/v1/chat/completions";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OK = 200;

    Load load(Installation installation) {
        return new Load(installation.of(target).port(), PATH, Installation.SECRET, questions, OK);
    }

    Scenario renamed(String suffix) {
        return new Scenario(name + suffix, target, questions, cacheStatus);
    }

    /** Asks until the answer is of the kind that is to be measured: what is to be a hit may have to be stored first. */
    void prepare(Installation installation, HttpClient http) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        HttpResponse<String> answer = ask(installation, http);
        while (!asExpected(answer) && System.nanoTime() < deadline) {
            answer = ask(installation, http);
        }
        if (!asExpected(answer)) {
            throw new IllegalStateException("This is no " + name + " of the " + installation.of(target) + ": HTTP "
                    + answer.statusCode() + ", Cache-Status " + cacheStatus(answer) + ", " + answer.body());
        }
    }

    private boolean asExpected(HttpResponse<String> answer) {
        return answer.statusCode() == OK && cacheStatus(answer).contains(cacheStatus);
    }

    private static String cacheStatus(HttpResponse<String> answer) {
        return answer.headers().firstValue("Cache-Status").orElse("");
    }

    private HttpResponse<String> ask(Installation installation, HttpClient http) {
        try {
            return http.send(HttpRequest
                    .newBuilder(URI.create("http://127.0.0.1:" + installation.of(target).port() + PATH))
                    .header("Content-Type", "application/json")
                    .header("Authorization", "Bearer " + Installation.SECRET).timeout(PATIENCE)
                    .POST(BodyPublishers.ofByteArray(questions.next())).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException("The " + installation.of(target) + " does not answer.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
