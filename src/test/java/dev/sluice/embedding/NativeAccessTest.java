package dev.sluice.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A native executable knows exactly what ONNX Runtime's library looks up by name, which does not check what it finds. */
class NativeAccessTest {
    private static final String LIBRARY = "/ai/onnxruntime/native/linux-x64/libonnxruntime4j_jni.so";
    private static final String REGISTERED = "/META-INF/native-image/dev.sluice/sluice/jni-config.json";
    private static final Pattern CLASS = Pattern.compile("\0((?:ai/onnxruntime|java/lang)/[A-Za-z]+)(?=\0)");
    private static final Pattern CONSTRUCTOR = Pattern.compile("\0(\\([A-Za-z/;\\[]+\\)V)(?=\0)");

    private static byte[] read(String name) throws IOException {
        try (InputStream in = NativeAccessTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    private static Set<String> found(Pattern pattern) throws IOException {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(new String(read(LIBRARY), StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    @Test
    void theClassesThatTheLibraryNamesAreRegistered() throws IOException {
        Set<String> registered = new TreeSet<>();
        for (JsonNode type : new ObjectMapper().readTree(read(REGISTERED))) {
            registered.add(type.get("name").textValue().replace('.', '/'));
        }

        assertThat(registered).isEqualTo(found(CLASS));
    }

    @Test
    void theConstructorsThatTheLibraryNamesAreRegistered() throws Exception {
        Set<String> registered = new TreeSet<>();
        for (JsonNode type : new ObjectMapper().readTree(read(REGISTERED))) {
            for (JsonNode method : type.path("methods")) {
                StringBuilder signature = new StringBuilder("(");
                for (JsonNode parameter : method.get("parameterTypes")) {
                    signature.append(descriptor(parameter.textValue()));
                }
                registered.add(signature.append(")V").toString());
            }
        }

        assertThat(registered).isEqualTo(found(CONSTRUCTOR));
    }

    /** Later versions report to their maker, unless a variable of the environment says no. */
    @Test
    void theLibraryHasNothingThatReportsToItsMaker() throws IOException {
        String library = new String(read("/ai/onnxruntime/native/linux-x64/libonnxruntime.so"),
                StandardCharsets.ISO_8859_1);

        assertThat(library.contains("OrtGetApiBase")).isTrue();
        assertThat(library.contains("ORT_DISABLE_TELEMETRY")).isFalse();
        assertThat(library.contains("Microsoft12Applications6Events")).isFalse();
    }

    private static String descriptor(String type) {
        if (type.endsWith("[]")) {
            return "[" + descriptor(type.substring(0, type.length() - 2));
        }
        return switch (type) {
            case "int" -> "I";
            case "long" -> "J";
            default -> "L" + type.replace('.', '/') + ";";
        };
    }
}
