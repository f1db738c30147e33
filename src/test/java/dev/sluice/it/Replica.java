package dev.sluice.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged gateway as a process of its own, on a port that it chose itself. */
public final class Replica implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("Listening on: http://[^:]+:(\\d+)");
    /** Whether the build made an executable instead of a jar. */
    static final boolean NATIVE = Boolean.getBoolean("sluice.test.native");
    private static final long START_SECONDS = 120;

    private final Process process;
    private final List<String> output = new ArrayList<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();

    private Replica(Process process) {
        this.process = process;
        Thread reader = new Thread(this::read, "replica-output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a replica with these properties and waits until it listens. */
    public static Replica start(Map<String, String> properties) {
        Replica replica = launch(properties);
        try {
            replica.port.get(START_SECONDS, TimeUnit.SECONDS);
            return replica;
        } catch (ExecutionException | TimeoutException e) {
            replica.close();
            throw new IllegalStateException("The replica did not start:\n" + String.join("\n", replica.output()), e);
        } catch (InterruptedException e) {
            replica.close();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Starts a replica and does not wait: for starts that are to be refused. */
    public static Replica launch(Map<String, String> properties) {
        List<String> command = new ArrayList<>();
        command.add(NATIVE
                ? System.getProperty("native.image.path")
                : Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-Dquarkus.http.port=0", "-Dquarkus.http.host=127.0.0.1"));
        properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
        if (!NATIVE) {
            command.addAll(List.of("-jar", Path.of("target", "quarkus-app", "quarkus-run.jar").toString()));
        }
        try {
            return new Replica(new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (output) {
                    output.add(line);
                }
                Matcher listening = LISTENING.matcher(line);
                if (listening.find()) {
                    port.complete(Integer.valueOf(listening.group(1)));
                }
            }
        } catch (IOException e) {
            // the process is gone, and with it what it would have said
        }
        port.completeExceptionally(new IllegalStateException("The process ended."));
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + port.join());
    }

    /** What it has printed so far. */
    public List<String> output() {
        synchronized (output) {
            return List.copyOf(output);
        }
    }

    public Process process() {
        return process;
    }

    /** Ends it as a crash would, without a chance to tidy up. */
    public void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
