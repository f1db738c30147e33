package dev.sluice.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Redis server of ours on a loopback port, empty at the start; it ends with the JVM at the latest. */
final class RedisProcess {
    private static final long START_SECONDS = 20;

    private final Process process;
    private final Path folder;
    private final int port;
    private final Duration grace;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread hook = new Thread(this::killWithJvm, "redis-stop");

    private RedisProcess(Process process, Path folder, int port, Duration grace) {
        this.process = process;
        this.folder = folder;
        this.port = port;
        this.grace = grace;
    }

    /**
     * @param settings lines of redis.conf
     * @param grace how long the JVM's end waits for {@link #stop()}, so that others can write their last words
     * @throws IllegalStateException when it does not start, with what it said
     */
    static RedisProcess start(Path binary, int port, List<String> settings, Duration grace) {
        try {
            Path folder = Files.createTempDirectory("sluice-redis");
            Process process = new ProcessBuilder(binary.toString(), "-").directory(folder.toFile())
                    .redirectErrorStream(true).redirectOutput(log(folder).toFile()).start();
            RedisProcess redis = new RedisProcess(process, folder, port, grace);
            Runtime.getRuntime().addShutdownHook(redis.hook);
            // Snapshots would be written where nobody reads them; what the caller sets comes later and wins.
            String configuration = "port " + port + "\nbind 127.0.0.1\nsave \"\"\n" + String.join("\n", settings)
                    + "\n";
            process.getOutputStream().write(configuration.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            redis.awaitReady();
            return redis;
        } catch (IOException e) {
            throw new UncheckedIOException("Redis does not start: " + e.getMessage(), e);
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("No port is free.", e);
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    void stop() {
        stopped.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is going down: the hook is on its way, and need not wait any longer.
            return;
        }
        kill();
    }

    private void killWithJvm() {
        try {
            stopped.await(grace.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kill();
    }

    private void kill() {
        // Nothing is worth saving, and a stopped process would not hear anything gentler.
        process.destroyForcibly();
        try {
            process.waitFor(START_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // The folder for temporary files is cleaned by others too.
            return;
        }
    }

    private void awaitReady() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        try {
            while (!answers()) {
                if (process.waitFor(10, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                    String said = Files.readString(log(folder)).strip();
                    stop();
                    throw new IllegalStateException(
                            "Redis does not start: " + said.substring(said.lastIndexOf('\n') + 1));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
            throw new IllegalStateException("The start of Redis was interrupted.", e);
        }
    }

    /** Any answer will do, also that we lack a password. */
    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            InputStream answer = socket.getInputStream();
            return answer.read() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static Path log(Path folder) {
        return folder.resolve("redis.log");
    }
}
