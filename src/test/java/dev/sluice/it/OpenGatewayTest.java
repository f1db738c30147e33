package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

import dev.sluice.redis.TestRedis;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway without authentication and without an admin token, as in {@code ./mvnw quarkus:dev}. */
@QuarkusTest
@TestProfile(OpenGatewayTest.Profile.class)
class OpenGatewayTest {

    /** A profile of its own, or Quarkus would run these tests against the gateway of those before. */
    public static final class Profile implements QuarkusTestProfile {
        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(Open.class));
        }
    }

    /** A Redis and a simulated provider. */
    public static final class Open implements QuarkusTestResourceLifecycleManager {
        private TestRedis redis;

        @Override
        public Map<String, String> start() {
            redis = TestRedis.start();
            return Map.of("quarkus.redis.hosts", redis.uri(), "quarkus.http.test-port", "0", "quarkus.http.host",
                    "localhost", "sluice.auth.enabled", "false", "sluice.providers.sim.type", "simulated");
        }

        @Override
        public void stop() {
            if (redis != null) {
                redis.close();
            }
        }
    }

    @Test
    void everybodyOnThisMachineMayAsk() {
        given().get("/v1/models").then().statusCode(200).body("data.id", hasItems("auto"));
        given().header("Authorization", "Bearer sk-anything").header("Origin", "http://localhost:3000")
                .get("/v1/models").then().statusCode(200);
        given().header("Host", "127.0.0.1:8080").get("/v1/models").then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = { "/v1/models", "/v1/usage", "/admin/keys", "/q/health/live", "/q/metrics", "/nothing"})
    void aNameThatWasMadeToPointHereMayNot(String path) {
        given().header("Host", "evil.example").get(path).then().statusCode(403)
                .body("error.type", equalTo("permission_error")).body("error.code", equalTo("host_not_allowed"));
    }

    @ParameterizedTest
    @CsvSource({ "GET,/v1/models", "POST,/v1/chat/completions", "POST,/v1/route", "GET,/q/health/live"})
    void aPageOfAnotherOriginMayNot(String method, String path) {
        for (String origin : new String[]{ "https://evil.example", "null"}) {
            given().header("Origin", origin).body("{}").request(method, path).then().statusCode(403)
                    .body("error.code", equalTo("origin_not_allowed"));
        }
    }

    @ParameterizedTest
    @CsvSource({ "GET,/admin/keys", "POST,/admin/keys", "PUT,/admin/keys", "OPTIONS,/admin/keys",
            "DELETE,/admin/keys/x", "GET,/admin/usage", "GET,/admin/cache", "GET,/admin/providers",
            "PATCH,/admin/usage"})
    void withoutAnAdminTokenThereIsNoAdminEndpoint(String method, String path) {
        given().body("{}").request(method, path).then().statusCode(404).body("error.code", equalTo("unknown_url"));
        given().header("Authorization", "Bearer x").body("{}").request(method, path).then().statusCode(404);
        given().header("Authorization", "Bearer ").body("{}").request(method, path).then().statusCode(404);
    }
}
