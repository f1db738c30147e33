package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.Money;
import dev.sluice.Price;
import dev.sluice.Priority;
import dev.sluice.Usage;
import dev.sluice.config.Settings.Provider;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsReaderTest {

    private static final String SIMULATED = """
            sluice:
              providers:
                sim: { type: simulated }
            """;

    private static final Map<String, String> REDIS = Map.of("quarkus.redis.hosts", "redis://localhost:1");

    @TempDir
    Path folder;

    @Test
    void shipsTheContractsDefaults() {
        Settings settings = read(SIMULATED);

        assertThat(settings.models()).containsOnlyKeys("claude-sonnet-4.5", "gpt-4.1", "gemini-2.5-flash",
                "deepseek-v3.2");
        assertThat(settings.models().get("gemini-2.5-flash").cost(new Usage(1_000_000, 0, 1_000_000)))
                .isEqualTo(Money.ofUsd(new BigDecimal("12.5")));
        assertThat(settings.routing().tiers()).extracting("model")
                .containsExactly("claude-sonnet-4.5", "gpt-4.1", "gemini-2.5-flash", "deepseek-v3.2");
        assertThat(settings.cache().ttl()).isEqualTo(Duration.ofHours(2));
        assertThat(settings.cache().maxEntryBytes()).isEqualTo(1 << 20);
        assertThat(settings.limits().defaultQuota().burst()).isEqualTo(10);
        assertThat(settings.limits().defaultMaxTokens()).isEqualTo(2048);
        assertThat(settings.redis().timeout()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void knowsWhereAnthropicIsAndWhatItAsksForItsPromptCache() {
        Settings settings = read(
                """
                        sluice:
                          providers:
                            anthropic: { type: anthropic, api-key: sk-ant }
                            pinned: { type: anthropic, api-key: k, base-url: "http://localhost:1/v1", auth-header: Authorization,
                                      headers: { Anthropic-Version: "2024-01-01" } }
                          models:
                            claude: { provider: anthropic, upstream-name: claude-sonnet-4-5, input: 3, output: 15 }
                            other: { provider: pinned, input: 3, cached-input: 1, cache-write: 4, cache-write-1h: 5, output: 15 }
                        """,
                Map.of());

        Provider.Remote anthropic = (Provider.Remote) settings.providers().get("anthropic");
        assertThat(anthropic.api()).isEqualTo(Settings.Api.ANTHROPIC);
        assertThat(anthropic.baseUrl()).hasToString("https://api.anthropic.com/v1");
        assertThat(anthropic.authHeader()).isEqualTo("x-api-key");
        assertThat(anthropic.headers()).containsExactly(Map.entry("anthropic-version", "2023-06-01"));
        Provider.Remote pinned = (Provider.Remote) settings.providers().get("pinned");
        assertThat(pinned.baseUrl()).hasToString("http://localhost:1/v1");
        assertThat(pinned.authHeader()).isEqualTo("Authorization");
        assertThat(pinned.headers()).containsExactly(Map.entry("Anthropic-Version", "2024-01-01"));
        Price claude = settings.models().get("claude").price().orElseThrow();
        assertThat(claude.cachedInput()).isEqualByComparingTo("0.3");
        assertThat(claude.cacheWrite()).isEqualByComparingTo("3.75");
        assertThat(claude.longCacheWrite()).isEqualByComparingTo("6");
        Price other = settings.models().get("other").price().orElseThrow();
        assertThat(other.cachedInput()).isEqualByComparingTo("1");
        assertThat(other.cacheWrite()).isEqualByComparingTo("4");
        assertThat(other.longCacheWrite()).isEqualByComparingTo("5");
    }

    @Test
    void readsTheContractsExample() {
        Settings settings = read(
                """
                        sluice:
                          auth: { enabled: true, admin-token: "topmost" }
                          providers:
                            openai: { type: openai, base-url: "https://example.org/v1", api-key: "${MY_KEY:}", headers: {x-a.b: hdr},
                                      timeout: 5s, retry: { max-attempts: 2, base-delay: 10ms } }
                          models:
                            deepseek-v3.2: { provider: openai, upstream-name: deepseek-chat, input: 0.42, cached-input: 0.1, output: 2.10,
                                             context-window: 128000, fallbacks: [gemini-2.5-flash] }
                          routing:
                            tiers:
                              - { model: gpt-4.1, priority: high, above: 0.7 }
                              - { model: deepseek-v3.2 }
                          tenants:
                            a: { time-zone: Europe/Berlin, budget-usd-per-day: 1.5 }
                          keys:
                            team-a: { secret: "sk-1", tenant: a, burst: 50, budget-usd-per-day: 25, max-priority: high, models: ["gpt-4.1"] }
                        """,
                Map.of("MY_KEY", "very-secret"));

        Provider.Remote openai = (Provider.Remote) settings.providers().get("openai");
        assertThat(openai.apiKey()).contains(new Secret("very-secret"));
        assertThat(openai.headers()).containsExactly(Map.entry("x-a.b", "hdr"));
        assertThat(openai.retry().baseDelay()).isEqualTo(Duration.ofMillis(10));
        assertThat(settings.models().get("deepseek-v3.2").fallbacks()).containsExactly("gemini-2.5-flash");
        assertThat(settings.models().get("deepseek-v3.2").latencyMs()).isEqualTo(35);
        assertThat(settings.routing().tiers()).hasSize(2);
        assertThat(settings.keys().get("team-a").maxPriority()).isEqualTo(Priority.HIGH);
        assertThat(settings.keys().get("team-a").quota().requestsPerMinute()).isEqualTo(60);
        assertThat(settings.keys().get("team-a").models()).containsExactly("gpt-4.1");
        assertThat(settings.tenants().get("a").timeZone()).hasToString("Europe/Berlin");
        assertThat(settings.toString()).doesNotContain("very-secret", "sk-1", "topmost", "hdr");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "cache: { ttll: 1h }                                  | sluice.cache.ttll=1h: is not a key of this configuration; did you mean sluice.cache.ttl?",
            "cache: { semantic: { threshold: 1.5 } }              | sluice.cache.semantic.threshold=1.5: expected a number from 0 to 1",
            "cache: { ttl: soon }                                 | sluice.cache.ttl=soon: expected a duration above zero such as 100ms, 30s or 2h",
            "cache: { max-entry-bytes: 1XB }                      | sluice.cache.max-entry-bytes=1XB: expected a size of at most 1GiB such as 64KiB or 1MiB",
            "cache: { enabled: maybe }                            | sluice.cache.enabled=maybe: expected true or false",
            "cache: { scope: team }                               | sluice.cache.scope=team: expected tenant, key, global",
            "limits: { default: { burst: 0 } }                    | sluice.limits.default.burst=0: expected at least 1 where requests-per-minute is limited",
            "limits: { default-max-tokens: -1 }                   | sluice.limits.default-max-tokens=-1: expected a whole number of at least 1",
            "models: { m: { provider: sim, input: -1, output: 1 } } | sluice.models.m.input=-1: expected a decimal number that is not negative",
            "models: { m: { provider: nobody } }                  | sluice.models.m.provider=nobody: expected the name of a provider in sluice.providers",
            "models: { m: { fallbacks: [x] } }                    | sluice.models.m.fallbacks=x: expected the name of a model in sluice.models",
            "models: { m: { fallbacks: [n] }, n: { fallbacks: [m] } } | sluice.models.m.fallbacks=m -> n -> m: expected fallbacks that do not lead back to the model itself",
            "routing: { tiers: [ { model: x } ] }                 | sluice.routing.tiers[0].model=x: expected one of claude-sonnet-4.5, gpt-4.1, gemini-2.5-flash, deepseek-v3.2",
            "routing: { tiers: [ { model: gpt-4.1, above: 0.5 } ] } | sluice.routing.tiers: the last tier must have no condition, so that every request has a model",
            "routing: { baseline-model: x }                       | sluice.routing.baseline-model=x: expected one of claude-sonnet-4.5, gpt-4.1, gemini-2.5-flash, deepseek-v3.2",
            "routing: { default-priority: urgent }                | sluice.routing.default-priority=urgent: expected low, medium, high, critical",
            "tenants: { a: { time-zone: Mars } }                  | sluice.tenants.a.time-zone=Mars: expected a time zone such as UTC or Europe/Berlin",
            "keys: { k: { tenant: a } }                           | sluice.keys.k.secret: is missing: expected what clients send as Authorization: Bearer …",
            "keys: { k: { secret: s }, l: { secret: s } }         | sluice.keys.l.secret: is the same as sluice.keys.k.secret: expected a secret of its own",
            "providers: { sim: { type: simulated }, p: { type: openai } } | sluice.providers.p.base-url: is missing: expected the URL of an OpenAI-compatible API, such as https://api.openai.com/v1",
            "providers: { sim: { type: simulated }, p: { type: magic } }  | sluice.providers.p.type=magic: expected openai, anthropic or simulated",
            "providers: { sim: { type: simulated }, p: { type: anthropic, base-url: 'x' } } | sluice.providers.p.base-url: expected an http or https URL without user, query and fragment",
            "providers: { sim: { type: simulated }, p: { type: anthropic, latency: 1s } } | sluice.providers.p.latency: belongs to providers of the type simulated, which this one is not",
            "models: { m: { provider: sim, cache-write: 1 } } | sluice.models.m.cache-write=1: expected input and output beside it",
            "providers: { sim: { type: simulated }, openai: { api-key: k } } | sluice.providers.openai.base-url: is missing: expected the URL of an OpenAI-compatible API, such as https://api.openai.com/v1",
            "providers: { sim: { type: simulated, api-key: k } }  | sluice.providers.sim.api-key: belongs to providers of the type openai or anthropic, which this one is not",
            "providers: { sim: { type: simulated, fault-rate: 2 } } | sluice.providers.sim.fault-rate=2: expected a number from 0 to 1",
            "providers: { sim: { type: simulated }, p: { base-url: 'ftp://x' } } | sluice.providers.p.base-url: expected an http or https URL without user, query and fragment",
            "providers: { sim: { type: simulated }, p: { base-url: 'http://x', latency: 1s } } | sluice.providers.p.latency: belongs to providers of the type simulated, which this one is not",
            "providers: { sim: { type: simulated }, p: { base-url: 'http://x', retry: { base-delay: 2s, max-delay: 1s } } } | sluice.providers.p.retry.max-delay=1s: expected a duration that is no shorter than base-delay",
            "providers: { sim: { type: simulated }, p: { base-url: 'http://x', breaker: { failure-ratio: 0 } } } | sluice.providers.p.breaker.failure-ratio=0: expected a number above 0: the breaker would open without a failure",
            "providers: { sim: { type: simulated }, p: { base-url: 'http://x', headers: { 'a b': c } } } | sluice.providers.p.headers: the name \"a b\" has characters or a length that are not allowed",
            "providers: { sim: { type: simulated }, p: { base-url: 'http://x', auth-header: 'a b' } } | sluice.providers.p.auth-header=a b: expected the name of a header",
            "routing: { tiers: [ { model: gpt-4.1 }, { model: deepseek-v3.2 } ] } | sluice.routing.tiers[0].above: is missing, and so is priority: without a condition no request reaches the tiers behind",
            "routing: { tiers: [ { priority: high }, { model: deepseek-v3.2 } ] } | sluice.routing.tiers[0].model: is missing: expected one of claude-sonnet-4.5, gpt-4.1, gemini-2.5-flash, deepseek-v3.2",
            "routing: { tiers: [ { model: gpt-4.1, above: 1.2 }, { model: deepseek-v3.2 } ] } | sluice.routing.tiers[0].above=1.2: expected a number from 0 to 1",
            "routing: { auto-names: [gpt-4.1] }                    | sluice.routing.auto-names=gpt-4.1: expected names that no model has",
            "routing: { scorer: clever }                           | sluice.routing.scorer=clever: expected learned, rules, article",
            "routing: { default-priority: high } & limits: { default: { max-priority: low } } | sluice.routing.default-priority=high: expected nothing above sluice.limits.default.max-priority, which is low",
            "models: { m: { input: 1 } }                           | sluice.models.m.output: is missing: expected US dollars per million tokens beside input",
            "models: { m: { fallbacks: [m] } }                     | sluice.models.m.fallbacks=m -> m: expected fallbacks that do not lead back to the model itself",
            "models: { 'm m': { latency-ms: 1 } }                  | sluice.models: the name \"m m\" has characters or a length that are not allowed",
            "keys: { 'a/b': { secret: s } }                        | sluice.keys: the name \"a/b\" has characters or a length that are not allowed",
            "keys: { k: { secret: s, tenant: 'a b' } }             | sluice.keys.k.tenant=a b: expected 1 to 64 letters, digits, dots, dashes or underscores",
            "keys: { k: { secret: s, models: [gpt-5] } }           | sluice.keys.k.models=gpt-5: expected * or some of claude-sonnet-4.5, gpt-4.1, gemini-2.5-flash, deepseek-v3.2, auto",
            "keys: { k: { secret: 'a b' } }                        | sluice.keys.k.secret: has characters that no header can carry: expected visible ASCII characters without spaces",
            "auth: { admin-token: s } & keys: { k: { secret: s } } | sluice.keys.k.secret: is the same as sluice.auth.admin-token: expected a secret of its own",
            "redis: { key-prefix: '{x}' }                          | sluice.redis.key-prefix={x}: expected 1 to 64 letters, digits, dots, dashes or underscores",
            "redis: { cache-hosts: localhost }                     | sluice.redis.cache-hosts: expected redis:// or rediss:// addresses, separated by commas",
            "limits: { max-wait: -1s }                             | sluice.limits.max-wait=-1s: expected a duration such as 0s, 100ms or 2h",
            "limits: { on-redis-failure: ajar }                    | sluice.limits.on-redis-failure=ajar: expected open, closed",
            "tenants: { a: { budget-usd-per-day: -1 } }            | sluice.tenants.a.budget-usd-per-day=-1: expected a decimal number that is not negative",
    })
    void namesKeyValueAndExpectation(String yaml, String line) {
        assertThat(faults(SIMULATED + "  " + yaml.replace(" & ", "\n  "), Map.of())).containsExactly(line);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "providers: { sim: { type: simulated }, p: { base-url: 'http://x' } } | sluice.providers.p.api-key is not set: requests go out without a key",
            "auth: { viewer-token: abc }      | sluice.auth.viewer-token is set without admin-token: there are no admin endpoints to view",
    })
    void warnsOfWhatWorksButMayNotBeMeant(String yaml, String line) {
        List<String> warnings = new ArrayList<>();

        SettingsReader.read(config(SIMULATED + "  " + yaml, Map.of(), REDIS), warnings);

        assertThat(warnings).contains(line);
    }

    @Test
    void defaultTiersShrinkToTheModelsThatAreServed() {
        List<String> warnings = new ArrayList<>();
        String yaml = """
                sluice:
                  keys: { k: { secret: s } }
                  providers: { other: { base-url: "https://example.org/v1", api-key: k } }
                  models: { gpt-4.1: { provider: other }, gemini-2.5-flash: { provider: other }, own: { provider: other } }
                """;

        Settings settings = SettingsReader.read(config(yaml, Map.of(), REDIS), warnings);

        assertThat(settings.models()).containsOnlyKeys("gemini-2.5-flash", "gpt-4.1", "own");
        assertThat(settings.routing().tiers()).extracting("model").containsExactly("gpt-4.1", "gemini-2.5-flash");
        assertThat(settings.routing().tiers().get(1).matches(Priority.LOW, 0)).isTrue();
        assertThat(settings.routing().baselineModel()).isEmpty();
        assertThat(warnings).containsExactly("sluice.routing.tiers is not set, and of the default tiers' models"
                + " nobody serves claude-sonnet-4.5, deepseek-v3.2");
    }

    @Test
    void withoutAnyOfTheTiersModelsNothingIsChosen() {
        List<String> warnings = new ArrayList<>();
        String yaml = """
                sluice:
                  providers: { other: { base-url: "https://example.org/v1", api-key: k } }
                  models: { own: { provider: other } }
                """;

        Settings settings = SettingsReader.read(config(yaml, Map.of(), REDIS), warnings);

        assertThat(settings.models()).containsOnlyKeys("own");
        assertThat(settings.routing().tiers()).isEmpty();
        assertThat(warnings).anyMatch(line -> line.endsWith(": no model is chosen for anybody"));
    }

    @Test
    void reportsAllFaultsAtOnceAndNoSecret() {
        List<String> faults = faults("""
                sluice:
                  auth: { admin-token: "top", viewer-token: "top" }
                  cache: { ttl: x }
                  keys: { k: { secret: "hidden", burst: -1 } }
                """, Map.of("SLUICE_CACHE_TTLL", "1h"));

        assertThat(faults).hasSize(5).noneMatch(line -> line.contains("hidden") || line.contains("=top"));
        assertThat(faults).anyMatch(line -> line.startsWith("sluice.providers.openai.base-url: is missing"))
                .anyMatch(line -> line.startsWith("SLUICE_CACHE_TTLL=1h: is not a key"));
    }

    @Test
    void anyKeyMayComeFromTheEnvironment() {
        Settings settings = read(SIMULATED + "  models: { gemini-2.5-flash: { input: 1 } }\n", Map.of(
                "SLUICE_REDIS_KEY_PREFIX", "other", "SLUICE_MODELS__GEMINI_2_5_FLASH__INPUT", "7",
                "SLUICE_LIMITS_DEFAULT_REQUESTS_PER_MINUTE", "5"));

        assertThat(settings.redis().keyPrefix()).isEqualTo("other");
        assertThat(settings.models().get("gemini-2.5-flash").price().orElseThrow().input()).isEqualByComparingTo("7");
        assertThat(settings.limits().defaultQuota().requestsPerMinute()).isEqualTo(5);
    }

    @Test
    void refusesToBeOpenToTheNetworkOrWithoutRedis() {
        assertThat(faults(SIMULATED + "  auth: { enabled: false }", Map.of())).singleElement().asString()
                .startsWith("sluice.auth.enabled=false: expected true, or quarkus.http.host=127.0.0.1");
        assertThat(catchThrowableOfType(InvalidSettings.class,
                () -> SettingsReader.read(config(SIMULATED, Map.of(), Map.of()))).faults()).singleElement().asString()
                .startsWith("quarkus.redis.hosts: is missing");
    }

    private Settings read(String yaml) {
        return read(yaml, Map.of());
    }

    private Settings read(String yaml, Map<String, String> environment) {
        return SettingsReader.read(config(yaml, environment, REDIS));
    }

    private List<String> faults(String yaml, Map<String, String> environment) {
        InvalidSettings invalid = catchThrowableOfType(InvalidSettings.class, () -> read(yaml, environment));
        assertThat(invalid).as("a fault").isNotNull();
        return invalid.faults();
    }

    private SmallRyeConfig config(String yaml, Map<String, String> environment, Map<String, String> properties) {
        try {
            Path file = Files.writeString(folder.resolve("sluice.yaml"), yaml, StandardCharsets.UTF_8);
            return new SmallRyeConfigBuilder()
                    .addDefaultInterceptors()
                    .withSources(new YamlConfigSource(file.toUri().toURL(), 110), new EnvConfigSource(environment, 300))
                    .withDefaultValues(new HashMap<>(properties))
                    .build();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
