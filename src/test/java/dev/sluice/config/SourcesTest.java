package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.config.Settings.Provider;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same key from files, properties and the environment, and what is said about those that do not exist. */
class SourcesTest {
    private static final Map<String, String> SIMULATED = Map.of("SLUICE_PROVIDERS_SIM_TYPE", "simulated");

    @Test
    void theEnvironmentAloneSetsUpProvidersModelsKeysAndTiers() {
        Settings settings = read("", Map.ofEntries(
                Map.entry("SLUICE_PROVIDERS_OPENAI_BASE_URL", "https://api.example/v1"),
                Map.entry("SLUICE_PROVIDERS_OPENAI_API_KEY", "very-secret"),
                Map.entry("SLUICE_PROVIDERS_OPENAI_FIRST_BYTE_TIMEOUT", "7s"),
                Map.entry("SLUICE_PROVIDERS_OPENAI_RETRY_MAX_ATTEMPTS", "5"),
                Map.entry("SLUICE_PROVIDERS_OPENAI_HEADERS_X_TITLE", "sluice"),
                Map.entry("SLUICE_MODELS_DEEPSEEK_V3_2_UPSTREAM_NAME", "deepseek-chat"),
                Map.entry("SLUICE_MODELS__MINI__INPUT", "1"), Map.entry("SLUICE_MODELS__MINI__OUTPUT", "2"),
                Map.entry("SLUICE_ROUTING_TIERS_0__MODEL", "gpt-4.1"),
                Map.entry("SLUICE_ROUTING_TIERS_0__ABOVE", "0.5"),
                Map.entry("SLUICE_ROUTING_TIERS_1__MODEL", "mini"),
                Map.entry("SLUICE_ROUTING_AUTO_NAMES", "auto, best"),
                Map.entry("SLUICE_KEYS_TEAM_A_SECRET", "sk-team-a"), Map.entry("SLUICE_KEYS_TEAM_A_TENANT", "a"),
                Map.entry("SLUICE_CACHE_SEMANTIC_THRESHOLD", "0.95")));

        Provider.Remote openAi = (Provider.Remote) settings.providers().get("openai");
        assertThat(openAi.baseUrl()).hasToString("https://api.example/v1");
        assertThat(openAi.apiKey()).contains(new Secret("very-secret"));
        assertThat(openAi.firstByteTimeout()).hasSeconds(7);
        assertThat(openAi.retry().maxAttempts()).isEqualTo(5);
        assertThat(openAi.headers()).containsExactly(Map.entry("x-title", "sluice"));
        assertThat(settings.models().get("deepseek-v3.2").upstreamName()).isEqualTo("deepseek-chat");
        assertThat(settings.models().get("mini").price().orElseThrow().output()).isEqualByComparingTo("2");
        assertThat(settings.routing().tiers()).extracting("model").containsExactly("gpt-4.1", "mini");
        assertThat(settings.routing().autoNames()).containsExactly("auto", "best");
        assertThat(settings.keys().get("team-a").tenant()).isEqualTo("a");
        assertThat(settings.cache().semantic().threshold()).isEqualTo(0.95);
    }

    @Test
    void aVariableSpeaksOfTheNameThatAFileSpellsInItsOwnWay() {
        Settings settings = read("""
                sluice:
                  models:
                    meta-llama/Llama-3.3:70b: { provider: sim, latency-ms: 5 }
                  keys:
                    Team_A: { secret: from-file }
                """, with(SIMULATED, "SLUICE_MODELS_META_LLAMA_LLAMA_3_3_70B_CONTEXT_WINDOW", "8192",
                "SLUICE_KEYS_TEAM_A_SECRET", "from-environment"));

        assertThat(settings.models().get("meta-llama/Llama-3.3:70b").contextWindow()).isEqualTo(8192);
        assertThat(settings.models().get("meta-llama/Llama-3.3:70b").latencyMs()).isEqualTo(5);
        assertThat(settings.keys()).containsOnlyKeys("Team_A");
        assertThat(settings.keys().get("Team_A").secret()).isEqualTo(new Secret("from-environment"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "sluice.models.\"gpt-4.1\".latency-ms", "sluice.models.gpt-4.1.latency-ms",
            "sluice.models.\"mini\".latency-ms", "sluice.models.mini.latency-ms", "%eu.sluice.models.mini.latency-ms"})
    void aPropertyNamesAModelWithAndWithoutQuotesAndForAProfile(String property) {
        String yaml = "sluice: { providers: { sim: { type: simulated } }, models: { mini: { latency-ms: 1 } } }";

        Settings settings = SettingsReader.read(config(Map.of(property, "77"), Map.of(), yaml));

        String model = property.contains("mini") ? "mini" : "gpt-4.1";
        assertThat(settings.models().get(model).latencyMs()).isEqualTo(77);
    }

    @Test
    void theMoreSpecificFileReplacesAListInsteadOfMixingIt() {
        String base = """
                sluice:
                  providers: { sim: { type: simulated } }
                  routing: { auto-names: [a, b, c] }
                  models: { gpt-4.1: { fallbacks: [gemini-2.5-flash, deepseek-v3.2] } }
                """;
        String specific = """
                sluice:
                  routing: { auto-names: [x] }
                  models: { gpt-4.1: { fallbacks: [claude-sonnet-4.5] } }
                """;

        Settings settings = SettingsReader.read(config(Map.of(), Map.of(), base, specific));

        assertThat(settings.routing().autoNames()).containsExactly("x");
        assertThat(settings.models().get("gpt-4.1").fallbacks()).containsExactly("claude-sonnet-4.5");
    }

    @Test
    void theMoreSpecificFileReplacesTheTiersInsteadOfMixingThem() {
        String base = """
                sluice:
                  providers: { sim: { type: simulated } }
                  routing: { tiers: [ { model: gpt-4.1, priority: high, above: 0.7 }, { model: gemini-2.5-flash, above: 0.3 },
                                      { model: deepseek-v3.2 } ] }
                """;
        String specific = """
                sluice:
                  routing: { tiers: [ { model: claude-sonnet-4.5, above: 0.9 }, { model: gpt-4.1 } ] }
                """;

        Settings settings = SettingsReader.read(config(Map.of(), Map.of(), base, specific));

        assertThat(settings.routing().tiers()).extracting("model").containsExactly("claude-sonnet-4.5", "gpt-4.1");
        assertThat(settings.routing().tiers().get(0).priority()).isEmpty();
    }

    @Test
    void aSingleMemberOfATierCanBeOverridden() {
        String yaml = """
                sluice:
                  providers: { sim: { type: simulated } }
                  routing: { tiers: [ { model: gpt-4.1, above: 0.7 }, { model: deepseek-v3.2 } ] }
                """;

        Settings settings = read(yaml, Map.of("SLUICE_ROUTING_TIERS_0__ABOVE", "0.6"));

        assertThat(settings.routing().tiers()).extracting("model").containsExactly("gpt-4.1", "deepseek-v3.2");
        assertThat(settings.routing().tiers().get(0).above()).hasValue(0.6);
    }

    @Test
    void theEnvironmentCountsMoreThanAFileThatAPropertyNames() {
        Settings settings = SettingsReader.read(configBuilder(Map.of(), with(SIMULATED, "SLUICE_CACHE_TTL", "3h",
                "SLUICE_CACHE_SCOPE", "", "SLUICE_ROUTING_AUTO_NAMES", "env", "SLUICE_KEYS_K_SECRET", "env"))
                .withSources(new YamlConfigSource("named", """
                        sluice:
                          cache: { ttl: 1h, scope: key, max-entries: 7 }
                          routing: { auto-names: [file] }
                          keys: { "k": { secret: file } }
                        """, 400)).build());

        assertThat(settings.cache().ttl()).hasHours(3);
        assertThat(settings.cache().scope()).isEqualTo(Settings.Scope.TENANT);
        assertThat(settings.cache().maxEntries()).isEqualTo(7);
        assertThat(settings.routing().autoNames()).containsExactly("env");
        assertThat(settings.keys().get("k").secret()).isEqualTo(new Secret("env"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "/nowhere/sluice.yaml       | quarkus.config.locations=/nowhere/sluice.yaml: expected a file that exists",
            "file:///nowhere/sluice.yml | quarkus.config.locations=/nowhere/sluice.yml: expected a file that exists",
            "pom.xml                    | quarkus.config.locations=pom.xml: expected a file that ends in .yaml, .yml or .properties",
    })
    void aFileThatIsNotReadIsAFault(String location, String line) {
        InvalidSettings invalid = catchThrowableOfType(InvalidSettings.class, () -> SettingsReader
                .read(config(Map.of("quarkus.config.locations", location), SIMULATED)));

        assertThat(invalid.faults()).containsExactly(line);
    }

    @Test
    void whatIsEmptyIsAbsent() {
        Settings settings = read("""
                sluice:
                  auth: { admin-token: "${ADMIN_TOKEN:}" }
                  providers: { openai: { base-url: "${OPENAI_BASE_URL:}", api-key: "${OPENAI_API_KEY:}" } }
                  cache: { ttl: "  ", scope: "" }
                """, with(SIMULATED, "SLUICE_REDIS_TIMEOUT", ""));

        assertThat(settings.auth().adminToken()).isEmpty();
        assertThat(settings.providers()).containsOnlyKeys("sim");
        assertThat(settings.cache().ttl()).hasHours(2);
        assertThat(settings.redis().timeout()).hasMillis(100);
    }

    @Test
    void aVariableThatIsNotSetIsAFault() {
        assertThat(faults("sluice: { auth: { admin-token: \"${NOT_SET_ANYWHERE}\" } }", SIMULATED)).singleElement()
                .isEqualTo("sluice.auth.admin-token=${NOT_SET_ANYWHERE}: expected every variable in it to be set,"
                        + " or to have a default as in ${NAME:}");
    }

    @Test
    void aSecretFromAVariableThatIsNotSetIsOneFault() {
        assertThat(
                faults("sluice: { keys: { k: { secret: \"${NOT_SET_ANYWHERE}\" } }, cache: { ttl: \"${NOR_THIS}\" } }",
                        with(SIMULATED, "SLUICE_REDIS_TIMEOUT", "${NEITHER}")))
                .hasSize(3)
                .allMatch(line -> line.contains(": expected every variable in it to be set"));
    }

    @Test
    void aNameWithDotsInYamlIsAFaultBecauseItMeansNothing() {
        assertThat(faults("sluice.cache.ttl: 1h\nquarkus.redis.hosts: redis://localhost\nother.thing: 1", SIMULATED))
                .hasSize(2).anyMatch(line -> line.startsWith("\"sluice.cache.ttl\": is a single name to YAML"))
                .anyMatch(line -> line.startsWith("\"quarkus.redis.hosts\": is a single name to YAML"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", value = {
            "SLUICE_REDIS_KEY_PREFX                | x     | SLUICE_REDIS_KEY_PREFX=x: is not a key of this configuration; did you mean SLUICE_REDIS_KEY_PREFIX?",
            "SLUICE_PROVIDERS_SIM_LATENZY          | 1s    | SLUICE_PROVIDERS_SIM_LATENZY=1s: is not a key of this configuration; did you mean SLUICE_PROVIDERS_SIM_LATENCY?",
            "SLUICE_PROVIDERS_SIM_API_KY           | abc   | SLUICE_PROVIDERS_SIM_API_KY=***: is not a key of this configuration; did you mean SLUICE_PROVIDERS_SIM_API_KEY?",
            "SLUICE_COMPLETELY_DIFFERENT           | 1     | SLUICE_COMPLETELY_DIFFERENT=1: is not a key of this configuration",
    })
    void anUnknownVariableIsAFault(String name, String value, String line) {
        assertThat(faults("", with(SIMULATED, name, value))).containsExactly(line);
    }

    @ParameterizedTest
    @ValueSource(strings = { "SLUICE_SERVICE_HOST", "SLUICE_SERVICE_PORT", "SLUICE_SERVICE_PORT_HTTP", "SLUICE_PORT",
            "SLUICE_PORT_8080_TCP", "SLUICE_PORT_8080_TCP_ADDR", "SLUICE_REDIS_SERVICE_HOST", "SLUICE_REDIS_PORT",
            "SLUICE_REDIS_PORT_6379_TCP_PROTO", "SLUICE_TEST_REDIS_SERVER"})
    void whatKubernetesPutsIntoTheEnvironmentIsNotOurs(String name) {
        assertThat(read("", with(SIMULATED, name, "tcp://10.0.0.1:8080")).providers()).containsOnlyKeys("sim");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "providers: { sim: { retry: { max-atempts: 2 } } }  | sluice.providers.sim.retry.max-atempts=2: is not a key of this configuration; did you mean sluice.providers.sim.retry.max-attempts?",
            "models: { gpt-4.1: { inpt: 2 } }                   | sluice.models.\"gpt-4.1\".inpt=2: is not a key of this configuration; did you mean sluice.models.\"gpt-4.1\".input?",
            "routing: { tiers: [ { modle: gpt-4.1 } ] }         | sluice.routing.tiers[0].modle=gpt-4.1: is not a key of this configuration; did you mean sluice.routing.tiers[0].model?",
            "keys: { k: { secert: abcdef } }                    | sluice.keys.k.secert=***: is not a key of this configuration; did you mean sluice.keys.k.secret?",
            "auth: { password: abcdef }                         | sluice.auth.password=***: is not a key of this configuration",
            "cache: on                                          | sluice.cache=true: is not a key of this configuration",
            "batch: { max-lines: 5 }                            | sluice.batch.max-lines=5: is not a key of this configuration",
    })
    void anUnknownKeyIsAFaultAtAnyDepth(String yaml, String line) {
        assertThat(faults("sluice:\n  " + yaml, SIMULATED)).contains(line);
    }

    @Test
    void noLineShowsASecretWhereverItWasPut() {
        List<String> faults = faults(
                """
                        sluice:
                          auth: { admin-token: correct-horse }
                          providers: { p: { base-url: "https://me:hunter2@host/", api-key: battery-staple, timeout: battery-staple } }
                          keys: { a: { secret: "sk-1234567", burst: "sk-1234567", max-priority: correct-horse }, b: { burst: "sk-else" } }
                          cache: { ttl: "two\\nlines" }
                        """,
                SIMULATED);

        assertThat(faults).hasSizeGreaterThan(5).noneMatch(line -> line.contains("correct-horse")
                || line.contains("battery-staple") || line.contains("1234567") || line.contains("sk-else")
                || line.contains("hunter2") || line.contains("\n"));
    }

    private static Settings read(String yaml, Map<String, String> environment) {
        return SettingsReader.read(config(Map.of(), environment, yaml));
    }

    private static List<String> faults(String yaml, Map<String, String> environment) {
        InvalidSettings invalid = catchThrowableOfType(InvalidSettings.class, () -> read(yaml, environment));
        assertThat(invalid).as("a fault").isNotNull();
        return invalid.faults();
    }

    private static Map<String, String> with(Map<String, String> variables, String... more) {
        Map<String, String> all = new HashMap<>(variables);
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return all;
    }

    /** @param files from the most general to the most specific, below properties and environment */
    private static SmallRyeConfig config(Map<String, String> properties, Map<String, String> environment,
            String... files) {
        SmallRyeConfigBuilder builder = configBuilder(properties, environment);
        for (int i = 0; i < files.length; i++) {
            builder.withSources(new YamlConfigSource("file " + i, files[i], 110 + i));
        }
        return builder.build();
    }

    private static SmallRyeConfigBuilder configBuilder(Map<String, String> properties,
            Map<String, String> environment) {
        return new SmallRyeConfigBuilder().addDefaultInterceptors().withProfile("eu")
                .withDefaultValue("quarkus.redis.hosts", "redis://localhost:1")
                .withSources(new PropertiesConfigSource(properties, "properties", 400),
                        new EnvConfigSource(environment, 300));
    }
}
