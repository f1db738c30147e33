package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.ReadmeExamples;
import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Call;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The README's examples of providers, as they stand there, in the packaged gateway: what reaches a provider has the path,
 * the query, the key and the model's name that this provider's documentation asks for. Only the host is ours.
 */
class ProvidersIT {
    private static final Pattern PROVIDER = Pattern.compile("providers:\\n {4}([A-Za-z0-9.-]+):");
    private static final Pattern BASE_URL = Pattern.compile("base-url: \"([^\"]+)\"");

    @TempDir
    private static Path files;

    private static TestRedis redis;
    private static MockProvider provider;
    private static Replica replica;

    @BeforeAll
    static void start() throws IOException {
        redis = TestRedis.start();
        provider = MockProvider.start();
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("quarkus.redis.hosts", redis.uri());
        properties.put("sluice.redis.timeout", "10s");
        properties.put("sluice.keys.team-a.secret", World.secret("team-a"));
        StringBuilder locations = new StringBuilder();
        for (Map.Entry<String, String> example : ReadmeExamples.providers().entrySet()) {
            Path file = files.resolve(example.getKey().replace(' ', '-') + ".yaml");
            Files.writeString(file, example.getValue());
            locations.append(locations.isEmpty() ? "" : ",").append(file);
            properties.put("sluice.providers.\"" + first(PROVIDER, example.getValue()) + "\".base-url",
                    here(first(BASE_URL, example.getValue())));
        }
        for (String key : new String[]{ "GEMINI", "DEEPSEEK", "MISTRAL", "VLLM", "AZURE_OPENAI", "ANTHROPIC"}) {
            properties.put(key + "_API_KEY", "key-of-" + key.toLowerCase());
        }
        properties.put("quarkus.config.locations", locations.toString());
        replica = Replica.start(properties);
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return matcher.group(1);
    }

    private static String here(String baseUrl) {
        return "http://127.0.0.1:" + provider.port() + URI.create(baseUrl).getRawPath();
    }

    @AfterAll
    static void stop() {
        if (replica != null) {
            replica.close();
        }
        if (provider != null) {
            provider.close();
        }
        if (redis != null) {
            redis.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
            "gemini-2.5-flash, /v1beta/openai/chat/completions, authorization, Bearer key-of-gemini, gemini-2.5-flash",
            "deepseek-v3.2, /v1/chat/completions, authorization, Bearer key-of-deepseek, deepseek-chat",
            "mistral-small, /v1/chat/completions, authorization, Bearer key-of-mistral, mistral-small-latest",
            "llama-local, /v1/chat/completions, authorization, , llama3.2:3b",
            "qwen-local, /v1/chat/completions, authorization, Bearer key-of-vllm, Qwen/Qwen2.5-7B-Instruct",
            "gpt-4.1, /openai/deployments/my-gpt-41/chat/completions?api-version=2024-10-21, api-key,"
                    + " key-of-azure_openai, my-gpt-41"})
    void aRequestReachesTheProviderAsItWantsIt(String model, String uri, String header, String value, String name) {
        given().baseUri(replica.uri().toString()).header("Authorization", "Bearer " + World.secret("team-a"))
                .body("{\"model\":\"" + model
                        + "\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .post("/v1/chat/completions").then().statusCode(200);

        Call call = provider.lastCall();
        assertThat(call.method()).isEqualTo("POST");
        assertThat(call.uri()).isEqualTo(uri);
        assertThat(call.header(header)).isEqualTo(value);
        assertThat(call.header("authorization")).isEqualTo(header.equals("authorization") ? value : null);
        assertThat(call.json().string(call.json().root(), "model")).hasValue(name);
    }

    @Test
    void everyExampleIsTested() throws IOException {
        assertThat(ReadmeExamples.providers().keySet()).containsExactly("Gemini", "DeepSeek", "Mistral", "Ollama",
                "vLLM",
                "Azure OpenAI");
    }
}
