package dev.sluice.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server in a process of its own, so that its CPU time is its own. It says on which port of loopback it listens. */
final class Child implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("Listening on: http://[^:]+:(\\d+)");
    private static final long START_SECONDS = 60;
    private static final long STOP_SECONDS = 10;
    private static final int LINES_KEPT = 200;
    private static final String HEAP = "-Xmx512m";

    private final String name;
    private final Process process;
    private final Deque<String> output = new ArrayDeque<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private Jvm jvm;

    private Child(String name, List<String> command) {
        this.name = name;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        Thread reader = new Thread(this::read, name + "-output");
        reader.setDaemon(true);
        reader.start();
        try {
            port.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            close();
            throw new IllegalStateException("The " + name + " did not start:\n" + String.join("\n", output), e);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A class of this benchmark. */
    static Child main(String name, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(java(), HEAP, "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(Arrays.asList(arguments));
        return new Child(name, command);
    }

    /** The gateway as packaged: {@code quarkus-run.jar}, or an executable. */
    static Child gateway(String name, Path packaged, Map<String, String> properties) {
        List<String> options = new ArrayList<>(List.of(HEAP, "-Dquarkus.http.host=127.0.0.1", "-Dquarkus.http.port=0"));
        properties.forEach((key, value) -> options.add("-D" + key + "=" + value));
        List<String> command = new ArrayList<>();
        if (packaged.toString().endsWith(".jar")) {
            command.add(java());
            command.addAll(options);
            command.addAll(List.of("-jar", packaged.toString()));
        } else {
            command.add(packaged.toAbsolutePath().toString());
            command.addAll(options);
        }
        return new Child(name, command);
    }

    /** To be said by a main class once it listens; its standard output is what tells us. */
    static void listening(int port) {
        System.out.println("Listening on: http://127.0.0.1:" + port);
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    int port() {
        return port.join();
    }

    /** CPU time of all its threads since its start. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** What its JVM says about itself; not to be had of a native executable. */
    Jvm jvm() {
        if (jvm == null) {
            jvm = new Jvm(process.pid());
        }
        return jvm;
    }

    /** Bytes that its threads have allocated; NaN where it does not say. */
    double allocated() {
        return java().equals(process.info().command().orElse("")) ? jvm().allocated() : Double.NaN;
    }

    long pid() {
        return process.pid();
    }

    private void read() {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (output) {
                    output.add(line);
                    if (output.size() > LINES_KEPT) {
                        output.remove();
                    }
                }
                Matcher listening = LISTENING.matcher(line);
                if (listening.find()) {
                    port.complete(Integer.valueOf(listening.group(1)));
                }
            }
        } catch (IOException e) {
            // it is gone, and with it what it would have said
        }
        port.completeExceptionally(new IllegalStateException("The process ended."));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
