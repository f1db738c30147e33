package dev.sluice.embedding;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.config.Settings;
import dev.sluice.json.Splice;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A server that speaks OpenAI's {@code /embeddings}. A few requests at a time are under way; the others wait in a
 * {@link FairQueue}.
 */
final class HttpEmbedder implements Embedder {
    private static final int AT_ONCE = 16;
    private static final int WAITING = 64;
    /** Of a vector as text, per dimension. */
    private static final int BYTES_PER_DIMENSION = 64;
    private static final int BYTES_AROUND = 16 * 1024;
    private static final int SUCCESS = 200;
    private static final JsonFactory JSON = new JsonFactory();

    private final HttpClient client;
    private final RequestOptions request;
    private final String model;
    private final int dimensions;
    private final String id;
    private final FairQueue<Task> queue = new FairQueue<>(() -> WAITING);
    private final AtomicInteger underWay = new AtomicInteger();

    HttpEmbedder(Vertx vertx, Settings.EmbeddingServer server) {
        this.model = server.model();
        this.dimensions = server.dimensions();
        this.id = "http." + server.baseUrl() + "." + model + "." + dimensions;
        this.client = vertx.createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(AT_ONCE));
        this.request = new RequestOptions().setMethod(HttpMethod.POST).setAbsoluteURI(address(server))
                .setTimeout(server.timeout().toMillis())
                .putHeader("Content-Type", "application/json").putHeader("Accept", "application/json")
                .putHeader("User-Agent", "sluice");
        server.apiKey().ifPresent(key -> request.putHeader(server.authHeader(),
                server.authHeader().equalsIgnoreCase("Authorization") ? "Bearer " + key.value() : key.value()));
    }

    private static String address(Settings.EmbeddingServer server) {
        String base = server.baseUrl().toString();
        return (base.endsWith("/") ? base : base + "/") + "embeddings";
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public int dimensions() {
        return dimensions;
    }

    @Override
    public Uni<float[]> embed(String tenant, String text) {
        return queued(text, task -> queue.offer(tenant, task));
    }

    @Override
    public Uni<float[]> embedLater(String tenant, String text) {
        return queued(text, task -> queue.offerPatient(tenant, task));
    }

    private Uni<float[]> queued(String text, UnaryOperator<Task> offer) {
        return Uni.createFrom().emitter(emitter -> {
            Task loser = offer.apply(new Task(text, emitter));
            if (loser != null) {
                loser.fail(new NotEmbedded("Too many texts are waiting to be embedded."));
            }
            next();
        });
    }

    /** Sends who waits, as long as there is room. */
    private void next() {
        while (true) {
            if (underWay.incrementAndGet() > AT_ONCE) {
                underWay.decrementAndGet();
                return;
            }
            Task task = queue.poll();
            if (task == null) {
                underWay.decrementAndGet();
                if (queue.isEmpty()) {
                    return;
                } // who came in between had no room: look again
            } else if (task.ended.get()) {
                underWay.decrementAndGet();
            } else {
                send(task);
            }
        }
    }

    private void send(Task task) {
        client.request(request).compose(call -> task.send(call)).onComplete(vector -> {
            underWay.decrementAndGet();
            if (vector.succeeded()) {
                task.emitter.complete(vector.result());
            } else {
                task.fail(vector.cause() instanceof NotEmbedded known
                        ? known
                        // Never the failure's own message: it names the address.
                        : new NotEmbedded("The embedding server could not be reached, or did not answer in time.",
                                vector.cause()));
            }
            next();
        });
    }

    @Override
    public void close() {
        client.close();
    }

    private final class Task {
        private final String text;
        private final UniEmitter<? super float[]> emitter;
        private final AtomicBoolean ended = new AtomicBoolean();

        Task(String text, UniEmitter<? super float[]> emitter) {
            this.text = text;
            this.emitter = emitter;
            emitter.onTermination(() -> ended.set(true));
        }

        Future<float[]> send(HttpClientRequest call) {
            String body = "{\"model\":" + Splice.quote(model) + ",\"input\":" + Splice.quote(text) + "}";
            return call.send(Buffer.buffer(body)).compose(this::read);
        }

        private Future<float[]> read(HttpClientResponse response) {
            if (response.statusCode() != SUCCESS) {
                response.exceptionHandler(reset -> {}); // our own, else it is logged as an error
                response.request().reset();
                return Future.failedFuture(
                        new NotEmbedded("The embedding server answered with " + response.statusCode() + "."));
            }
            Buffer body = Buffer.buffer();
            response.handler(chunk -> {
                body.appendBuffer(chunk);
                if (body.length() > BYTES_AROUND + BYTES_PER_DIMENSION * dimensions) {
                    response.request().reset();
                }
            });
            return response.end().map(ignored -> vector(body.getBytes()));
        }

        void fail(NotEmbedded trouble) {
            emitter.fail(trouble);
        }
    }

    /** The first vector of the answer, whose length must be what is configured. */
    float[] vector(byte[] answer) {
        float[] vector = new float[dimensions];
        int found = 0;
        try (JsonParser json = JSON.createParser(answer)) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME && json.currentName().equals("embedding")) {
                    if (json.nextToken() != JsonToken.START_ARRAY) {
                        throw new NotEmbedded("The embedding server's answer holds no numbers.");
                    }
                    while (json.nextToken() != JsonToken.END_ARRAY) {
                        if (found == dimensions) {
                            throw new NotEmbedded("The embedding server's vectors have more than " + dimensions
                                    + " dimensions, which is what is configured.");
                        }
                        vector[found++] = json.getFloatValue();
                    }
                    break;
                }
            }
        } catch (IOException e) {
            throw new NotEmbedded("The embedding server's answer is not JSON, or holds no numbers.", e);
        }
        if (found != dimensions) {
            throw new NotEmbedded("The embedding server's vectors have " + found + " dimensions, configured are "
                    + dimensions + ".");
        }
        return Vectors.unit(vector);
    }
}
