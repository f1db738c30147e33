package dev.sluice.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A batch on a connection of its own, of which both directions are in the test's hands. */
final class BatchCall implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int RECEIVED_UNREAD = 1 << 16;

    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;
    private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private int status;
    private int left;
    private boolean over;

    private BatchCall(Socket socket) throws IOException {
        this.socket = socket;
        this.out = socket.getOutputStream();
        this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    /** @param more further header lines, each ended by a line break */
    static BatchCall open(URI gateway, String key, String query, String more) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(RECEIVED_UNREAD); // otherwise the kernel decides, and grows it
        socket.connect(new InetSocketAddress(gateway.getHost(), gateway.getPort()));
        socket.setSoTimeout(60_000);
        BatchCall call = new BatchCall(socket);
        call.out.write(("POST /v1/batch" + query + " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer "
                + World.secret(key) + "\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n" + more
                + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return call;
    }

    static BatchCall open(URI gateway, String key, String query) throws IOException {
        return open(gateway, key, query, "");
    }

    /** Sends bytes as one chunk, line feeds and all. */
    BatchCall send(byte[] bytes) throws IOException {
        out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(bytes);
        out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    BatchCall send(String... lines) throws IOException {
        return send((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    BatchCall sendEnd() throws IOException {
        out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    int status() throws IOException {
        readHead();
        return status;
    }

    String header(String name) throws IOException {
        readHead();
        return headers.get(name);
    }

    /** The next line; null after the last. */
    JsonNode read() throws IOException {
        readHead();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = next(); b >= 0; b = next()) {
            if (b == '\n') {
                return MAPPER.readTree(line.toByteArray());
            }
            line.write(b);
        }
        if (line.size() > 0) {
            throw new IOException("The last line has no end: " + line);
        }
        return null;
    }

    /** All that is left, the summary last. */
    List<JsonNode> readAll() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (JsonNode line = read(); line != null; line = read()) {
            lines.add(line);
        }
        return lines;
    }

    private void readHead() throws IOException {
        while (status == 0) {
            int code = Integer.parseInt(textLine().split(" ")[1]);
            for (String line = textLine(); !line.isEmpty(); line = textLine()) {
                int colon = line.indexOf(':');
                headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
            status = code == 100 ? 0 : code;
        }
    }

    private int next() throws IOException {
        if (over) {
            return -1;
        }
        if (left == 0) {
            left = Integer.parseInt(textLine(), 16);
            if (left == 0) {
                over = true;
                return -1;
            }
        }
        int b = in.read();
        if (--left == 0) {
            textLine();
        }
        return b;
    }

    private String textLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("The connection ended in the middle.");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    static String line(String id, String model, String content) {
        return "{\"custom_id\":\"" + id + "\",\"body\":{\"model\":\"" + model
                + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}}";
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
