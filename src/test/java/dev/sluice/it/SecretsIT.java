package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.redis.TestRedis;
import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is secret, and what is asked, is found neither in the log at its most talkative nor in what the gateway shows. */
class SecretsIT {
    private static final String PROMPT = "a prompt that is nobody's business";
    private static final String INVENTED = "sk-that-nobody-was-given";

    @Test
    void noSecretAndNoPromptIsLoggedOrShown() {
        try (TestRedis redis = TestRedis.start(); MockProvider provider = MockProvider.start()) {
            Map<String, String> properties = World.properties(redis, provider);
            properties.put("quarkus.log.level", "DEBUG");
            properties.put("sluice.providers.mock.headers.x-extra", "value-of-a-header");
            properties.put("sluice.providers.mock.query.extra", "value-in-a-query");
            StringBuilder shown = new StringBuilder();
            List<String> log;

            try (Replica replica = Replica.start(properties)) {
                for (Act act : List.of(Act.ok(), Act.status(401), Act.status(500), Act.hang())) {
                    provider.always(act);
                    ask(replica, World.secret("team-a"), "cheap");
                }
                ask(replica, World.secret("team-a"), "dead");
                ask(replica, INVENTED, "cheap");
                for (String path : List.of("/v1/models", "/admin/keys", "/admin/keys/team-a", "/admin/providers",
                        "/admin/usage", "/admin/cache", "/q/metrics", "/q/health", "/q/openapi", "/nothing")) {
                    String bearer = path.startsWith("/v1") ? World.secret("team-a") : World.ADMIN;
                    shown.append(given().baseUri(replica.uri().toString()).header("Authorization", "Bearer " + bearer)
                            .get(path).asString());
                }
                given().baseUri(replica.uri().toString()).header("Authorization", "Bearer " + INVENTED)
                        .get("/admin/keys");
                log = replica.output();
            }

            assertThat(provider.calls()).isNotEmpty()
                    .allSatisfy(call -> assertThat(call.header("authorization")).isEqualTo("Bearer sk-upstream"))
                    .allSatisfy(call -> assertThat(call.uri()).contains("value-in-a-query"));
            assertThat(log).anyMatch(line -> line.contains(" DEBUG "));
            List<String> secrets = List.of(World.ADMIN, World.VIEWER, World.secret("team-a"), World.secret("small"),
                    "sk-upstream", "value-of-a-header", "value-in-a-query", INVENTED, PROMPT);
            assertThat(log).noneMatch(line -> secrets.stream().anyMatch(line::contains));
            assertThat(shown.toString()).contains("team-a").doesNotContain(secrets);
        }
    }

    private static Response ask(Replica replica, String secret, String model) {
        return given().baseUri(replica.uri().toString()).contentType("application/json")
                .header("Authorization", "Bearer " + secret).header("Cache-Control", "no-store")
                .body("{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]}")
                .post("/v1/chat/completions");
    }
}
