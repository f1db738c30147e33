package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the README says about the configuration is so. */
class ReadmeTest {

    @Test
    void everyKeyHasARowInTheTable() throws IOException {
        List<String> rows = readme().lines().filter(line -> line.startsWith("| `")).toList();

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
        String readme = readme();
        int from = readme.indexOf("```yaml\n") + "```yaml\n".length();
        SmallRyeConfig config = new SmallRyeConfigBuilder().addDefaultInterceptors()
                .withSources(new YamlConfigSource("README", readme.substring(from, readme.indexOf("```", from)), 110),
                        new EnvConfigSource(Map.of("ADMIN_TOKEN", "a", "OPENAI_API_KEY", "b", "TEAM_A_KEY", "c"), 300))
                .build();

        Settings settings = SettingsReader.read(config);

        assertThat(settings.models()).hasSize(4);
        assertThat(settings.keys().get("team-a").secret()).isEqualTo(new Secret("c"));
    }

    private static String readme() throws IOException {
        return Files.readString(Path.of("README.md"));
    }
}
