package dev.sluice.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sends a text in pieces, when asked for one, and keeps the answers. */
final class FakeClient implements BatchRun.Client {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final List<JsonNode> answers = new ArrayList<>();
    private byte[] text = {};
    private int piece = 1;
    private int at;
    private BatchRun run;
    private int fetched;
    private boolean waiting;
    private boolean slow;
    private JsonNode summary;

    void sends(String all, int pieceSize) {
        text = all.getBytes(StandardCharsets.UTF_8);
        piece = pieceSize;
    }

    void run(BatchRun batch) {
        run = batch;
    }

    /** Hands over one piece, if it was asked for; after the last, the end. */
    void deliver() {
        if (!waiting) {
            return;
        }
        waiting = false;
        if (at == text.length) {
            run.receivedAll();
            return;
        }
        int until = Math.min(text.length, at + piece);
        byte[] next = Arrays.copyOfRange(text, at, until);
        at = until;
        run.received(next);
    }

    void deliverAll() {
        while (waiting) {
            deliver();
        }
    }

    void slow(boolean isSlow) {
        slow = isSlow;
        if (!slow) {
            run.work();
        }
    }

    int fetched() {
        return fetched;
    }

    List<JsonNode> answers() {
        return answers;
    }

    List<String> ids() {
        return answers.stream().map(answer -> answer.get("custom_id").textValue()).toList();
    }

    boolean ended() {
        return summary != null;
    }

    JsonNode summary() {
        return summary;
    }

    @Override
    public void fetch() {
        if (waiting) {
            throw new AssertionError("asked twice");
        }
        fetched++;
        waiting = true;
    }

    @Override
    public boolean isSlow() {
        return slow;
    }

    @Override
    public void write(byte[] line) {
        if (ended()) {
            throw new AssertionError("an answer after the end");
        }
        answers.add(read(line));
    }

    @Override
    public void end(byte[] line) {
        if (ended()) {
            throw new AssertionError("ended twice");
        }
        summary = read(line).get("summary");
    }

    private static JsonNode read(byte[] line) {
        String text = new String(line, StandardCharsets.UTF_8);
        if (text.indexOf('\n') != text.length() - 1) {
            throw new AssertionError("not one line: " + text);
        }
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }
}
