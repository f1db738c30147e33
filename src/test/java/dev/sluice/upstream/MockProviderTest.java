package dev.sluice.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.upstream.MockProvider.Act;
import dev.sluice.upstream.MockProvider.Ending;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MockProviderTest {
    private static final String BODY = "{\"model\":\"m\", \"messages\":[{\"role\":\"user\",\"content\":\"ä\"}]}";

    private final MockProvider provider = MockProvider.start();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        provider.close();
    }

    @Test
    void followsItsScriptAndKeepsItsOwnAccounts() throws Exception {
        provider.next(Act.status(429).header("Retry-After", "1"));

        HttpResponse<String> refused = client.send(post(), HttpResponse.BodyHandlers.ofString());
        HttpResponse<String> answered = client.send(post(), HttpResponse.BodyHandlers.ofString());

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(answered.statusCode()).isEqualTo(200);
        assertThat(answered.body()).contains("\"prompt_tokens\":8,\"completion_tokens\":7");
        assertThat(provider.calls()).hasSize(2);
        assertThat(provider.lastCall().body()).asString().isEqualTo(BODY);
        assertThat(provider.billed().inputTokens()).isEqualTo(8);
    }

    @Test
    void closesInTheMiddleOfABody() {
        provider.always(Act.ok().ending(Ending.CLOSE_MID_BODY));

        assertThatThrownBy(() -> client.send(post(), HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(IOException.class);
        assertThat(provider.abandoned()).isZero();
    }

    @Test
    void noticesAClientThatGoesAway() {
        provider.always(Act.hang());

        CompletableFuture<HttpResponse<String>> call = client.sendAsync(post(), HttpResponse.BodyHandlers.ofString());
        provider.awaitCalls(1, Duration.ofSeconds(5));
        call.cancel(true);

        provider.awaitAbandoned(1, Duration.ofSeconds(5));
        assertThat(provider.running()).isZero();
    }

    private HttpRequest post() {
        return HttpRequest.newBuilder(URI.create(provider.baseUrl() + "/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(BODY)).build();
    }
}
