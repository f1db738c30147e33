package dev.sluice.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.json.Splice;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A provider that has the few conversations of the clients' tests, as OpenAI's and Anthropic's descriptions of their APIs
 * say: it repeats what it is asked; offered a tool it calls it, and repeats what the tool said; asked for a schema it
 * answers in JSON; and it refuses what begins with "refuse".
 */
final class SpeakingProvider implements AutoCloseable {
    static final String CALL = "{\"city\":\"Ulm\"}";
    static final String STRUCTURED = "{\"name\":\"Ulm\",\"people\":128928}";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final HttpServer server = vertx.createHttpServer().requestHandler(this::receive);

    private SpeakingProvider() {
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    }

    static SpeakingProvider start() {
        return new SpeakingProvider();
    }

    String baseUrl() {
        return "http://127.0.0.1:" + server.actualPort() + "/v1";
    }

    private void receive(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            try {
                answer(request, MAPPER.readTree(body.getBytes()));
            } catch (IOException e) {
                request.response().setStatusCode(400).end(e.toString());
            }
        });
    }

    private static void answer(HttpServerRequest request, JsonNode asked) {
        switch (request.path()) {
            case "/v1/chat/completions" -> chat(request, asked);
            case "/v1/embeddings" -> whole(request, 200, embeddings(asked));
            case "/v1/responses" -> responses(request, asked);
            case "/v1/messages" -> messages(request, asked);
            default -> whole(request, 404, "{}");
        }
    }

    private static void chat(HttpServerRequest request, JsonNode asked) {
        JsonNode last = asked.get("messages").get(asked.get("messages").size() - 1);
        String said = text(last.get("content"));
        if (said.startsWith("refuse")) {
            whole(request, 400, """
                    {"error":{"message":"I do not like that.","type":"invalid_request_error","param":"messages",\
                    "code":"not_liked"}}""");
            return;
        }
        boolean calls = asked.has("tools") && !last.get("role").textValue().equals("tool");
        String says = asked.has("response_format") ? STRUCTURED : "You said: " + said;
        String model = quote(asked.get("model").textValue());
        String usage = "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"total_tokens\":14}";
        if (!asked.path("stream").booleanValue()) {
            String message = calls
                    ? "\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":"
                            + "{\"name\":\"get_weather\",\"arguments\":" + quote(CALL) + "}}]"
                    : "\"content\":" + quote(says) + ",\"refusal\":null";
            whole(request, 200,
                    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1790000000,\"model\":"
                            + model + ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," + message
                            + "},\"logprobs\":null,\"finish_reason\":\"" + (calls ? "tool_calls" : "stop") + "\"}],"
                            + usage
                            + "}");
            return;
        }
        List<String> deltas = new ArrayList<>(List.of("{\"role\":\"assistant\",\"content\":\"\"}"));
        if (calls) {
            deltas.add("{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":"
                    + "{\"name\":\"get_weather\",\"arguments\":\"\"}}]}");
            halves(CALL).forEach(half -> deltas.add("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                    + quote(half) + "}}]}"));
        } else {
            halves(says).forEach(half -> deltas.add("{\"content\":" + quote(half) + "}"));
        }
        String head = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":"
                + model + ",\"choices\":[";
        List<String> events = new ArrayList<>();
        deltas.forEach(
                delta -> events.add(head + "{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":null}]}\n\n"));
        events.add(head + "{\"index\":0,\"delta\":{},\"finish_reason\":\"" + (calls ? "tool_calls" : "stop")
                + "\"}]}\n\n");
        if (asked.at("/stream_options/include_usage").booleanValue()) {
            events.add(head + "]," + usage + "}\n\n");
        }
        events.add("data: [DONE]\n\n");
        stream(request, events);
    }

    private static String embeddings(JsonNode asked) {
        JsonNode input = asked.get("input");
        List<String> data = new ArrayList<>();
        for (int i = 0; i < (input.isArray() ? input.size() : 1); i++) {
            String text = input.isArray() ? input.get(i).textValue() : input.textValue();
            float[] vector = { text.length(), .5f, -1};
            data.add("{\"object\":\"embedding\",\"index\":" + i + ",\"embedding\":"
                    + (asked.path("encoding_format").asText().equals("base64")
                            ? "\"" + base64(vector) + "\""
                            : "[" + vector[0] + "," + vector[1] + "," + vector[2] + "]")
                    + "}");
        }
        return "{\"object\":\"list\",\"data\":[" + String.join(",", data) + "],\"model\":"
                + quote(asked.get("model").textValue()) + ",\"usage\":{\"prompt_tokens\":" + data.size()
                + ",\"total_tokens\":" + data.size() + "}}";
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : vector) {
            bytes.putFloat(value);
        }
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    private static void responses(HttpServerRequest request, JsonNode asked) {
        JsonNode input = asked.get("input");
        JsonNode last = input.isArray() ? input.get(input.size() - 1) : input;
        boolean told = last.path("type").asText().equals("function_call_output");
        boolean calls = asked.path("tools").size() > 0 && !told;
        String said = told ? last.get("output").textValue() : text(last.isTextual() ? last : last.get("content"));
        String says = asked.at("/text/format/type").asText().equals("json_schema") ? STRUCTURED : "You said: " + said;
        String part = "{\"type\":\"output_text\",\"text\":" + quote(says) + ",\"annotations\":[],\"logprobs\":[]}";
        String item = calls
                ? "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\",\"name\":\"get_weather\","
                        + "\"arguments\":" + quote(CALL) + ",\"status\":\"completed\"}"
                : "{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":["
                        + part + "]}";
        String model = quote(asked.get("model").textValue());
        if (!asked.path("stream").booleanValue()) {
            whole(request, 200, response(model, "completed", item));
            return;
        }
        List<String> events = new ArrayList<>();
        add(events, "response.created", "\"response\":" + response(model, "in_progress", ""));
        String at = "\"output_index\":0,\"item_id\":\"" + (calls ? "fc_1" : "msg_1") + "\"";
        if (calls) {
            add(events, "response.output_item.added", "\"output_index\":0,\"item\":" + item
                    .replace(quote(CALL), "\"\"").replace("\"completed\"", "\"in_progress\""));
            halves(CALL).forEach(half -> add(events, "response.function_call_arguments.delta",
                    at + ",\"delta\":" + quote(half)));
            add(events, "response.function_call_arguments.done", at + ",\"name\":\"get_weather\",\"arguments\":"
                    + quote(CALL));
        } else {
            add(events, "response.output_item.added",
                    "\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_1\","
                            + "\"role\":\"assistant\",\"status\":\"in_progress\",\"content\":[]}");
            add(events, "response.content_part.added", at
                    + ",\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[],\"logprobs\":[]}");
            halves(says).forEach(half -> add(events, "response.output_text.delta",
                    at + ",\"content_index\":0,\"logprobs\":[],\"delta\":" + quote(half)));
            add(events, "response.output_text.done",
                    at + ",\"content_index\":0,\"logprobs\":[],\"text\":" + quote(says));
            add(events, "response.content_part.done", at + ",\"content_index\":0,\"part\":" + part);
        }
        add(events, "response.output_item.done", "\"output_index\":0,\"item\":" + item);
        add(events, "response.completed", "\"response\":" + response(model, "completed", item));
        stream(request, events);
    }

    private static String response(String model, String status, String item) {
        return "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1790000000,\"status\":\"" + status
                + "\",\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"metadata\":{},\"model\":"
                + model
                + ",\"output\":[" + item + "],\"parallel_tool_calls\":true,\"temperature\":1,\"tool_choice\":\"auto\","
                + "\"tools\":[],\"top_p\":1,\"usage\":" + (item.isEmpty()
                        ? "null"
                        : "{\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":5,"
                                + "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":14}")
                + "}";
    }

    private static void messages(HttpServerRequest request, JsonNode asked) {
        JsonNode content = asked.get("messages").get(asked.get("messages").size() - 1).get("content");
        boolean told = content.isArray() && content.get(0).path("type").asText().equals("tool_result");
        String said = text(told ? content.get(0).get("content") : content);
        if (said.startsWith("refuse")) {
            whole(request, 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                    + "\"message\":\"I do not like that.\"}}");
            return;
        }
        boolean calls = asked.has("tools") && !told;
        String says = "You said: " + said;
        String head = "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
                + quote(asked.get("model").textValue()) + ",\"content\":[";
        String reason = calls ? "\"tool_use\"" : "\"end_turn\"";
        String tool = "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"get_weather\",\"input\":";
        if (!asked.path("stream").booleanValue()) {
            whole(request, 200, head + (calls ? tool + CALL + "}" : "{\"type\":\"text\",\"text\":" + quote(says) + "}")
                    + "],\"stop_reason\":" + reason
                    + ",\"stop_sequence\":null,\"usage\":{\"input_tokens\":9,\"output_tokens\":5}}");
            return;
        }
        List<String> events = new ArrayList<>();
        add(events, "message_start", "\"message\":" + head
                + "],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}");
        add(events, "content_block_start", "\"index\":0,\"content_block\":"
                + (calls ? tool + "{}}" : "{\"type\":\"text\",\"text\":\"\"}"));
        add(events, "ping", "");
        halves(calls ? CALL : says).forEach(half -> add(events, "content_block_delta",
                "\"index\":0,\"delta\":{\"type\":"
                        + (calls ? "\"input_json_delta\",\"partial_json\":" : "\"text_delta\",\"text\":") + quote(half)
                        + "}"));
        add(events, "content_block_stop", "\"index\":0");
        add(events, "message_delta", "\"delta\":{\"stop_reason\":" + reason
                + ",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}");
        add(events, "message_stop", "");
        stream(request, events);
    }

    private static void add(List<String> events, String type, String members) {
        events.add("event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + events.size()
                + (members.isEmpty() ? "" : "," + members) + "}\n\n");
    }

    private static String text(JsonNode content) {
        if (content == null || content.isNull()) {
            return "";
        }
        if (content.isTextual()) {
            return content.textValue();
        }
        StringBuilder text = new StringBuilder();
        content.forEach(part -> text.append(part.path("text").asText()));
        return text.toString();
    }

    private static List<String> halves(String text) {
        int middle = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
        return List.of(text.substring(0, middle), text.substring(middle));
    }

    private static String quote(String text) {
        return Splice.quote(text);
    }

    private static void whole(HttpServerRequest request, int status, String body) {
        request.response().setStatusCode(status).putHeader("Content-Type", "application/json").end(body);
    }

    /** All at once, cut where no event and no character ends. */
    private static void stream(HttpServerRequest request, List<String> events) {
        byte[] all = String.join("", events).getBytes(StandardCharsets.UTF_8);
        request.response().putHeader("Content-Type", "text/event-stream; charset=utf-8").setChunked(true);
        int piece = 97;
        for (int at = 0; at < all.length; at += piece) {
            request.response().write(Buffer.buffer(all).slice(at, Math.min(all.length, at + piece)));
        }
        request.response().end();
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
