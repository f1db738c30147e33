package dev.sluice.upstream;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.Usage;
import dev.sluice.dialect.Embeddings;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.Splice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Embeddings made of the request alone: each word, or token, has a direction of its own, and a text is the unit vector of
 * their sum. So texts are the closer the more words they share.
 */
final class SimulatedEmbeddings {
    private static final int DIMENSIONS = 256;
    private static final int MOST_DIMENSIONS = 4096;
    private static final int BYTES_PER_TOKEN = 4;

    private SimulatedEmbeddings() {
    }

    static Usage usage(Request request) {
        Json body = request.body();
        long tokens = 0;
        for (int input : Embeddings.inputs(body)) {
            tokens += body.is(input, Kind.ARRAY)
                    ? words(body, input).size()
                    : Math.max(1, (body.end(input) - body.start(input) - 2) / BYTES_PER_TOKEN);
        }
        return new Usage(tokens, 0, 0);
    }

    static byte[] body(Request request, Model model, Usage usage) {
        Json body = request.body();
        int dimensions = (int) Math.min(MOST_DIMENSIONS, body.count(body.root(), "dimensions", DIMENSIONS));
        boolean base64 = body.string(body.root(), "encoding_format").orElse("float").equals("base64");
        StringBuilder data = new StringBuilder();
        int index = 0;
        for (int input : Embeddings.inputs(body)) {
            float[] vector = vector(words(body, input), dimensions);
            data.append(index == 0 ? "" : ",").append("{\"object\":\"embedding\",\"index\":").append(index++)
                    .append(",\"embedding\":").append(base64 ? base64(vector) : floats(vector)).append('}');
        }
        String json = "{\"object\":\"list\",\"data\":[" + data + "],\"model\":" + Splice.quote(model.name())
                + ",\"usage\":{\"prompt_tokens\":" + usage.inputTokens() + ",\"total_tokens\":" + usage.totalTokens()
                + "}}";
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> words(Json body, int input) {
        List<String> words = new ArrayList<>();
        if (body.is(input, Kind.ARRAY)) {
            for (int token = body.first(input); token != Json.NONE; token = body.next(input, token)) {
                words.add(body.literal(token));
            }
        } else {
            words.addAll(List.of(body.text(input).toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")));
        }
        return words;
    }

    private static float[] vector(List<String> words, int dimensions) {
        double[] sum = new double[dimensions];
        for (String word : words) {
            SplittableRandom direction = new SplittableRandom(word.hashCode());
            for (int i = 0; i < dimensions; i++) {
                sum[i] += direction.nextDouble() - 0.5;
            }
        }
        double square = 0;
        for (double component : sum) {
            square += component * component;
        }
        float[] vector = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            vector[i] = (float) (sum[i] / Math.sqrt(square));
        }
        return vector;
    }

    private static String floats(float[] vector) {
        StringBuilder list = new StringBuilder("[");
        for (float component : vector) {
            list.append(list.length() == 1 ? "" : ",").append(component);
        }
        return list.append(']').toString();
    }

    /** As OpenAI does: 32-bit floats, the least significant byte first. */
    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return '"' + Base64.getEncoder().encodeToString(bytes.array()) + '"';
    }
}
