package dev.sluice.it;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.math.BigDecimal;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Sends many requests at once over loopback and keeps what came of each. */
final class Load implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final HttpClient client;

    Load(int connections) {
        client = vertx.createHttpClient(new HttpClientOptions().setMaxWaitQueueSize(-1).setConnectTimeout(10_000),
                new PoolOptions().setHttp1MaxSize(connections));
    }

    /**
     * What came of a request.
     *
     * @param status HTTP status; 0: the connection broke
     */
    record Result(int status, BigDecimal cost, String cacheStatus, String body, long micros) {
        boolean ok() {
            return status == 200;
        }
    }

    CompletableFuture<Result> ask(Replica replica, String key, String body) {
        return ask(replica.uri(), key, body);
    }

    CompletableFuture<Result> ask(URI gateway, String key, String body) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        long start = System.nanoTime();
        RequestOptions options = new RequestOptions().setMethod(HttpMethod.POST).setHost("127.0.0.1")
                .setPort(gateway.getPort()).setURI("/v1/chat/completions").setTimeout(60_000)
                .putHeader("Authorization", "Bearer " + World.secret(key))
                .putHeader("Content-Type", "application/json");
        // On the event loop from the start: from outside, the body may be there before anybody asks for it.
        vertx.runOnContext(on -> client.request(options)
                .compose((HttpClientRequest request) -> request.send(Buffer.buffer(body)))
                .compose(response -> response.body().map(bytes -> new Result(response.statusCode(),
                        decimal(response.getHeader("x-sluice-cost-usd")), response.getHeader("Cache-Status"),
                        bytes.toString(), (System.nanoTime() - start) / 1000)))
                .onComplete(done -> result.complete(done.succeeded()
                        ? done.result()
                        : new Result(0, BigDecimal.ZERO, null, done.cause().toString(),
                                (System.nanoTime() - start) / 1000))));
        return result;
    }

    /** Waits for all of them, at most so many seconds. */
    static List<Result> all(List<CompletableFuture<Result>> asked, long seconds) {
        try {
            CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).get(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (TimeoutException e) {
            throw new AssertionError("Not all requests were answered within " + seconds + " s.", e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw new AssertionError(e);
        }
        return asked.stream().map(CompletableFuture::join).toList();
    }

    /** Sends one request after the other, at a fixed pace whatever becomes of them, for so long. */
    List<Result> pace(Replica replica, String key, int perSecond, long millis,
            java.util.function.IntFunction<String> body) {
        ConcurrentLinkedQueue<CompletableFuture<Result>> asked = new ConcurrentLinkedQueue<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        long total = perSecond * millis / 1000;
        long start = System.nanoTime();
        vertx.setPeriodic(1, timer -> {
            long due = Math.min(total, (System.nanoTime() - start) * perSecond / 1_000_000_000L);
            while (asked.size() < due) {
                asked.add(ask(replica, key, body.apply(asked.size())));
            }
            if (asked.size() >= total) {
                vertx.cancelTimer(timer);
                end.complete(null);
            }
        });
        end.join();
        return all(List.copyOf(asked), 90);
    }

    static long percentile(List<Result> results, double p) {
        long[] micros = results.stream().mapToLong(Result::micros).sorted().toArray();
        return micros.length == 0 ? 0 : micros[(int) Math.min(micros.length - 1, Math.floor(p * micros.length))];
    }

    static String chat(String model, String content, int maxTokens) {
        return "{\"model\":\"" + model + "\",\"max_tokens\":" + maxTokens
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}";
    }

    private static BigDecimal decimal(String text) {
        return text == null ? BigDecimal.ZERO : new BigDecimal(text);
    }

    static long[] counts(List<Result> results, int... statuses) {
        return Arrays.stream(statuses).mapToLong(s -> results.stream().filter(r -> r.status() == s).count()).toArray();
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
