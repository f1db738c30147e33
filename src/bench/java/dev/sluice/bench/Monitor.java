package dev.sluice.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Counts what clients send to Redis, while it is open: every command that is not sent by a script. Redis pays for being
 * watched, so nothing else is measured meanwhile.
 */
final class Monitor implements AutoCloseable {
    private final Socket socket;
    private final Thread reader = new Thread(this::read, "redis-monitor");
    private long commands;

    Monitor(int port) {
        try {
            socket = new Socket("127.0.0.1", port);
            socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains(" [") && !line.contains(" lua] ")) {
                    commands++;
                }
            }
        } catch (IOException e) {
            // closed: that is the end of the count
        }
    }

    /** Commands so far; ends the count. */
    long count() {
        close();
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return commands;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
