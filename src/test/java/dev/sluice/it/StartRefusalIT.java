package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start that is refused says why, in a line for each fault and nothing else, and ends with 1. */
class StartRefusalIT {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path folder;

    @Test
    void namesWhatIsMissingWhenNothingIsConfigured() throws Exception {
        List<String> said = refused(Map.of());

        assertThat(said).hasSize(2);
        assertThat(said.get(0)).startsWith("sluice.providers.openai.base-url: is missing: ");
        assertThat(said.get(1)).startsWith("quarkus.redis.hosts: is missing: ");
    }

    @Test
    void namesEveryFaultAtOnceAndNoSecret() throws Exception {
        List<String> said = refused(Map.of("quarkus.redis.hosts", "redis://localhost:1", "quarkus.config.locations",
                file("""
                        sluice:
                          auth: { admin-token: correct-horse, viewer-token: correct-horse }
                          providers: { openai: { base-url: "https://example.org/v1", api-key: battery-staple } }
                          models: { gpt-4.1: { input: -1, fallbacks: [nobody] } }
                          cache: { ttl: soon, tlt: 1h, semantic: { threshold: 1.5 } }
                        """), "quarkus.log.level", "DEBUG", "quarkus.log.min-level", "DEBUG"));

        assertThat(said).filteredOn(line -> line.startsWith("sluice.")).containsExactlyInAnyOrder(
                "sluice.cache.tlt=1h: is not a key of this configuration; did you mean sluice.cache.ttl?",
                "sluice.auth.viewer-token: is the same as sluice.auth.admin-token: expected a secret of its own",
                "sluice.models.\"gpt-4.1\".input=-1: expected a decimal number that is not negative",
                "sluice.models.\"gpt-4.1\".fallbacks=nobody: expected the name of a model in sluice.models",
                "sluice.cache.ttl=soon: expected a duration above zero such as 100ms, 30s or 2h",
                "sluice.cache.semantic.threshold=1.5: expected a number from 0 to 1");
        assertThat(said).noneMatch(line -> line.contains("correct-horse") || line.contains("battery-staple"));
    }

    @Test
    void aPropertyCountsMoreThanTheFile() throws Exception {
        List<String> said = refused(Map.of("quarkus.redis.hosts", "redis://localhost:1", "quarkus.config.locations",
                file("sluice: { providers: { sim: { type: simulated } }, cache: { ttl: from-file } }"),
                "sluice.cache.ttl", "from-property"));

        assertThat(said)
                .containsExactly(
                        "sluice.cache.ttl=from-property: expected a duration above zero such as 100ms, 30s or 2h");
    }

    @Test
    void aFileThatIsNoYamlIsNamedAndNotQuoted() throws Exception {
        String file = file("sluice:\n  auth: { admin-token: \"correct-horse }\n");

        List<String> said = refused(Map.of("quarkus.config.locations", file));

        assertThat(said).containsExactly("quarkus.config.locations=" + file
                + ": expected YAML, but in line 3, column 1 found unexpected end of stream");
    }

    @Test
    void nobodyIsLetInWithoutAKeyFromOtherMachines() throws Exception {
        List<String> said = refused(Map.of("quarkus.redis.hosts", "redis://localhost:1", "sluice.auth.enabled", "false",
                "sluice.providers.sim.type", "simulated", "quarkus.http.host", "0.0.0.0"));

        assertThat(said).singleElement().asString().startsWith("sluice.auth.enabled=false: expected true, or ");
    }

    @Test
    void aValueThatQuarkusCannotReadIsALineToo() throws Exception {
        List<String> said = refused(Map.of("quarkus.http.port", "many", "sluice.providers.sim.type", "simulated",
                "quarkus.redis.hosts", "redis://localhost:1"));

        assertThat(said).singleElement().asString().contains("quarkus.http.port", "\"many\"");
    }

    @Test
    void aPortInUseIsALineWithoutATrace() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            List<String> said = refused(
                    Map.of("quarkus.redis.hosts", "redis://localhost:1", "sluice.providers.sim.type",
                            "simulated", "quarkus.http.port", Integer.toString(taken.getLocalPort())));

            assertThat(said).contains("quarkus.http.port=" + taken.getLocalPort()
                    + ": expected a port that nobody else listens on").noneMatch(line -> line.startsWith("\tat "));
        }
    }

    private String file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("sluice.yaml"), yaml).toString();
    }

    private static List<String> refused(Map<String, String> properties) throws Exception {
        try (Replica replica = Replica.launch(properties)) {
            assertThat(replica.process().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("ended").isTrue();
            assertThat(replica.process().exitValue()).isEqualTo(1);
            assertThatThrownBy(replica::uri).as("its output has ended, without a port")
                    .isInstanceOf(CompletionException.class);
            return replica.output();
        }
    }
}
