import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A balancer to try replicas with, not one for production: {@code java Balancer.java PORT FILE}. The file has a replica's
 * address a line and may change while this runs. Requests go round among those that say they are ready; another one is
 * asked where one cannot be reached, and never once a request was sent, because it may have been paid for.
 */
public final class Balancer {
    private static final long PROBE_MILLIS = 100;
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    /** Between two hops: not for the next one (RFC 9110, 7.6.1), or made anew by the client that is used here. */
    private static final Set<String> HOP_BY_HOP = Set.of("connection", "keep-alive", "te", "trailer", "upgrade",
            "transfer-encoding", "content-length", "host", "expect", "http2-settings");

    private final Path file;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5)).build();
    private final Map<URI, Boolean> ready = new ConcurrentHashMap<>();
    private final AtomicInteger turn = new AtomicInteger();
    private volatile List<URI> listed = List.of();

    private Balancer(Path file) {
        this.file = file;
    }

    public static void main(String[] args) throws IOException {
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
        Balancer balancer = new Balancer(Path.of(args[1]));
        HttpServer server = HttpServer.create(
                new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 1024);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", balancer::serve);
        balancer.probe();
        Executors.newSingleThreadScheduledExecutor().scheduleWithFixedDelay(balancer::probe, PROBE_MILLIS, PROBE_MILLIS,
                java.util.concurrent.TimeUnit.MILLISECONDS);
        server.start();
        System.out.println("balancing on http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void probe() {
        try {
            listed = Files.readAllLines(file).stream().map(String::strip).filter(line -> !line.isEmpty())
                    .map(URI::create).toList();
            ready.keySet().retainAll(listed);
            for (URI replica : listed) {
                client.sendAsync(HttpRequest.newBuilder(replica.resolve("/q/health/ready")).timeout(PROBE_TIMEOUT).build(),
                        BodyHandlers.discarding())
                        .whenComplete((response, away) -> heard(replica, response, away));
            }
        } catch (IOException | RuntimeException e) {
            System.err.println("The list of replicas cannot be read: " + e.getMessage());
        }
    }

    /** One that is slow to answer is busy, not gone. */
    private void heard(URI replica, HttpResponse<?> response, Throwable away) {
        if (response != null) {
            ready.put(replica, response.statusCode() == 200);
        } else if (!(away instanceof HttpTimeoutException)
                && (away instanceof ConnectException || away.getCause() instanceof ConnectException)) {
            ready.put(replica, false);
        }
    }

    private void serve(HttpExchange exchange) {
        try (exchange) {
            List<URI> replicas = candidates();
            int first = turn.getAndIncrement() & Integer.MAX_VALUE;
            for (int i = 0; i < replicas.size(); i++) {
                if (forward(exchange, replicas.get((first + i) % replicas.size()))) {
                    return;
                }
            }
            byte[] none = "no replica is ready\n".getBytes();
            exchange.sendResponseHeaders(503, none.length);
            exchange.getResponseBody().write(none);
        } catch (IOException e) {
            // one of the two has gone; closing the exchange tells the other
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The ready ones; where none is known to be, as at the start, all: to ask is better than to refuse. */
    private List<URI> candidates() {
        List<URI> those = ready.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).sorted().toList();
        return those.isEmpty() ? listed : those;
    }

    /** @return false where the replica could not be reached, so that nothing was sent */
    private boolean forward(HttpExchange exchange, URI replica) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest
                .newBuilder(URI.create("http://" + replica.getAuthority() + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(), body(exchange));
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (!HOP_BY_HOP.contains(name.toLowerCase())) {
                values.forEach(value -> request.header(name, value));
            }
        });
        HttpResponse<InputStream> response;
        try {
            response = client.send(request.build(), BodyHandlers.ofInputStream());
        } catch (ConnectException e) {
            ready.put(replica, false);
            return false;
        }
        try (InputStream from = response.body()) {
            response.headers().map().forEach((name, values) -> {
                if (!HOP_BY_HOP.contains(name)) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            long length = response.headers().firstValueAsLong("content-length").orElse(0);
            exchange.sendResponseHeaders(response.statusCode(), length == 0 && noBody(response) ? -1 : length);
            if (!noBody(response)) {
                copy(from, exchange.getResponseBody());
            }
        }
        return true;
    }

    private static boolean noBody(HttpResponse<?> response) {
        return response.statusCode() == 204 || response.statusCode() == 304
                || response.headers().firstValue("content-length").filter("0"::equals).isPresent();
    }

    private static BodyPublisher body(HttpExchange exchange) {
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        if (length == null && !exchange.getRequestHeaders().containsKey("Transfer-Encoding")) {
            return BodyPublishers.noBody();
        }
        BodyPublisher stream = BodyPublishers.ofInputStream(exchange::getRequestBody);
        return length == null || length.equals("0") ? stream : BodyPublishers.fromPublisher(stream, Long.parseLong(length));
    }

    /** Piece by piece as they come: an event of a stream waits for nothing. */
    private static void copy(InputStream from, OutputStream to) throws IOException {
        byte[] piece = new byte[16 * 1024];
        for (int length = from.read(piece); length >= 0; length = from.read(piece)) {
            to.write(piece, 0, length);
            to.flush();
        }
    }
}
