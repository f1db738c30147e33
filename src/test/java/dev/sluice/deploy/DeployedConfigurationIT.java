package dev.sluice.deploy;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.it.Replica;
import dev.sluice.redis.TestRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gateway starts with the file that the manifests mount. */
class DeployedConfigurationIT {
    private static final Path DEPLOY = Path.of("deploy");

    @TempDir
    Path folder;

    @BeforeAll
    static void kubectlIsNeeded() {
        assumeTrue(Manifests.canBeRendered(), "kubectl is not installed: the manifests are not rendered");
    }

    /** Redis is not there, which is no reason not to start. */
    @ParameterizedTest
    @ValueSource(strings = { "kubernetes/base", "kubernetes/overlays/prod"})
    void itIsReadyWithTheRenderedConfiguration(String overlay) throws Exception {
        Map<String, String> environment = Map.of("REDIS_HOSTS", "redis://127.0.0.1:1", "OPENAI_API_KEY", "sk-none");

        try (Replica replica = start(overlay, environment)) {
            given().baseUri(replica.uri().toString()).get("/q/health/ready").then().statusCode(200);
            given().baseUri(replica.uri().toString()).get("/q/health/live").then().statusCode(200);
        }
    }

    @Test
    void theDevOverlayAnswersWithItsKey() throws Exception {
        try (TestRedis redis = TestRedis.start();
                Replica replica = start("kubernetes/overlays/dev",
                        Map.of("REDIS_HOSTS", redis.uri(), "DEV_KEY", "sk-dev"))) {
            given().baseUri(replica.uri().toString()).header("Authorization", "Bearer sk-dev")
                    .contentType("application/json")
                    .body("{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"What is a sluice?\"}]}")
                    .post("/v1/chat/completions").then().statusCode(200)
                    .body("system_fingerprint", equalTo("sluice-simulated"));
        }
    }

    private Replica start(String overlay, Map<String, String> environment) throws Exception {
        String configuration = ManifestsTest.configuration(Manifests.of(DEPLOY.resolve(overlay)));
        // A trust store of the platform's is where the container has it, not here; Redis is not asked here anyway.
        Path file = Files.writeString(folder.resolve("sluice.yaml"), configuration);
        assertThat(configuration).contains("quarkus:");
        Map<String, String> properties = new LinkedHashMap<>(environment); // an expression reads properties as well
        properties.put("quarkus.config.locations", file.toString());
        return Replica.start(properties);
    }
}
