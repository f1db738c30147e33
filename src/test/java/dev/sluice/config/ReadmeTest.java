package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the README says about the configuration is so. */
class ReadmeTest {
    private static final Map<String, String> KEYS = Map.of("GEMINI_API_KEY", "a", "DEEPSEEK_API_KEY", "b",
            "MISTRAL_API_KEY", "c", "VLLM_API_KEY", "d", "AZURE_OPENAI_API_KEY", "e", "ANTHROPIC_API_KEY", "f");

    @Test
    void everyKeyHasARowInTheTable() throws IOException {
        List<String> rows = ReadmeExamples.text().lines().filter(line -> line.startsWith("| `")).toList();

        List<String> without = Keys.ALL.stream().map(key -> key.text().substring(Keys.ROOT.length() + 1))
                .filter(key -> rows.stream().noneMatch(row -> mentions(row, key))).toList();

        assertThat(without).isEmpty();
    }

    /** A row begins with the full key of its first member; the others stand in it by their names alone. */
    private static boolean mentions(String row, String key) {
        String table = key.substring(0, key.lastIndexOf('.') + 1);
        return row.contains("`" + key + "`")
                || row.contains("`" + table) && row.contains("`" + key.substring(table.length()) + "`");
    }

    @Test
    void theExampleIsAValidConfiguration() throws IOException {
        String readme = ReadmeExamples.text();
        int from = readme.indexOf("```yaml\n") + "```yaml\n".length();

        Settings settings = read(readme.substring(from, readme.indexOf("```", from)),
                Map.of("ADMIN_TOKEN", "a", "OPENAI_API_KEY", "b", "TEAM_A_KEY", "c"));

        assertThat(settings.models()).hasSize(4);
        assertThat(settings.keys().get("team-a").secret()).isEqualTo(new Secret("c"));
    }

    /** Alone, beside the few things that no gateway can do without. */
    @TestFactory
    Stream<DynamicTest> everyProvidersExampleIsAValidConfiguration() throws IOException {
        return ReadmeExamples.providers().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    Settings settings = read(example.getValue(), KEYS);

                    assertThat(settings.providers()).hasSize(1);
                    String provider = settings.providers().keySet().iterator().next();
                    assertThat(settings.models().values()).filteredOn(model -> model.provider().equals(provider))
                            .singleElement().satisfies(model -> assertThat(model.price()).isPresent());
                }));
    }

    private static Settings read(String yaml, Map<String, String> environment) {
        Map<String, String> known = new HashMap<>(environment);
        known.put("QUARKUS_REDIS_HOSTS", "redis://redis:6379");
        SmallRyeConfig config = new SmallRyeConfigBuilder().addDefaultInterceptors()
                .withSources(new YamlConfigSource("README", yaml, 110), new EnvConfigSource(known, 300)).build();
        return SettingsReader.read(config);
    }
}
