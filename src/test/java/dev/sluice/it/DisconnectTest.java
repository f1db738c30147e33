package dev.sluice.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.upstream.MockProvider.Act;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nobody pays for an answer that nobody waits for. */
@QuarkusTest
@WithTestResource(World.class)
class DisconnectTest {
    @TestHTTPResource
    URI gateway;

    @AfterEach
    void behaveAgain() {
        World.provider().always(Act.ok());
    }

    @Test
    void aClientThatGoesAwayEndsTheCallToTheProvider() throws IOException {
        // given
        int calls = World.provider().calls().size();
        int abandoned = World.provider().abandoned();
        World.provider().always(Act.hang());
        byte[] body = ("{\"model\":\"cheap\",\"messages\":[{\"role\":\"user\",\"content\":\"" + UUID.randomUUID()
                + "\"}]}").getBytes(StandardCharsets.UTF_8);
        String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer "
                + World.secret("team-a") + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                + "\r\n\r\n";

        // when
        try (Socket client = new Socket(gateway.getHost(), gateway.getPort())) {
            client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().write(body);
            World.provider().awaitCalls(calls + 1, Duration.ofSeconds(5));
            assertThat(World.provider().abandoned()).isEqualTo(abandoned);
        }

        // then
        World.provider().awaitAbandoned(abandoned + 1, Duration.ofSeconds(1));
    }
}
