package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * OpenAI's and Anthropic's packages for Node, which are no Maven artefacts: this runs where Node is there and
 * {@code npm ci --prefix src/test/node} has fetched them.
 */
@QuarkusIntegrationTest
@WithTestResource(ClientsWorld.class)
class NodeClientsIT {
    private static final Path SCRIPTS = Path.of("src", "test", "node");
    private static final long PATIENCE_SECONDS = 180;

    @Test
    void thePackagesForNodeWork(TestReporter report) throws IOException, InterruptedException {
        assumeTrue(Files.isDirectory(SCRIPTS.resolve("node_modules")),
                "npm ci --prefix src/test/node has not been run");
        Path output = Path.of("target", "node-clients.txt");
        ProcessBuilder node = new ProcessBuilder("node", "--test", "--test-reporter=spec", "clients.test.mjs")
                .directory(SCRIPTS.toFile()).redirectErrorStream(true).redirectOutput(output.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        node.environment().put("SLUICE_URL", "http://localhost:" + RestAssured.port);
        node.environment().put("SLUICE_KEY", World.secret("team-a"));
        node.environment().put("SLUICE_SMALL_KEY", World.secret("small"));

        Process process = node.start();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();

        String told = Files.readString(output, StandardCharsets.UTF_8);
        report.publishEntry("node", told);
        assertThat(ended).as(told).isTrue();
        assertThat(process.exitValue()).as(told).isZero();
    }
}
