package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.sluice.upstream.MockProvider.Act;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The accounts of the running gateway, seen from outside. */
@QuarkusIntegrationTest
@WithTestResource(World.class)
class UsageIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String KEY = "team-b";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @AfterEach
    void behaveAgain() {
        World.provider().always(Act.ok());
    }

    @Test
    void theAccountsAreTheSumOfTheHeadersToTheNanoDollar() {
        JsonPath before = own();
        BigDecimal cost = BigDecimal.ZERO;
        BigDecimal saved = BigDecimal.ZERO;

        for (int i = 0; i < 5; i++) {
            for (String model : new String[]{ "cheap", "strong", "auto"}) {
                String body = chat(model, UUID.randomUUID().toString() + "x".repeat(i * 37));
                for (int again = 0; again < 2; again++) {
                    Response response = asKey().body(body).post(CHAT);
                    response.then().statusCode(200);
                    cost = cost.add(header(response, "x-sluice-cost-usd"));
                    saved = saved.add(header(response, "x-sluice-saved-usd"));
                }
            }
        }
        World.provider().always(Act.status(400));
        Response refused = asKey().body(chat("cheap", UUID.randomUUID().toString())).post(CHAT);
        refused.then().statusCode(400);
        cost = cost.add(header(refused, "x-sluice-cost-usd"));

        JsonPath after = own();
        assertThat(grown(before, after, "requests")).isEqualByComparingTo("31");
        assertThat(grown(before, after, "failures")).isEqualByComparingTo("1");
        assertThat(grown(before, after, "hits_exact")).isEqualByComparingTo("15");
        assertThat(grown(before, after, "cost_usd")).isEqualByComparingTo(cost).isPositive();
        assertThat(grown(before, after, "saved_cache_usd").add(grown(before, after, "saved_routing_usd")))
                .isEqualByComparingTo(saved).isPositive();
        JsonPath all = asAdmin(World.VIEWER).get("/admin/usage?group=key").then().statusCode(200).extract().jsonPath();
        assertThat(all.getMap("rows.find { it.key == '" + KEY + "' }"))
                .containsAllEntriesOf(after.getMap("total"));
    }

    @Test
    void aClientThatWentAwayIsOneRequestAndOneFailure() throws IOException {
        JsonPath before = own();
        int abandoned = World.provider().abandoned();
        int calls = World.provider().calls().size();
        World.provider().always(Act.hang());
        byte[] body = chat("cheap", UUID.randomUUID().toString()).getBytes(StandardCharsets.UTF_8);
        URI gateway = URI.create(RestAssured.baseURI + ":" + RestAssured.port);

        try (Socket client = new Socket(gateway.getHost(), gateway.getPort())) {
            client.getOutputStream().write(("POST " + CHAT + " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer "
                    + World.secret(KEY) + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                    + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().write(body);
            World.provider().awaitCalls(calls + 1, PATIENCE);
        }
        World.provider().awaitAbandoned(abandoned + 1, PATIENCE);

        JsonPath after = own();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (grown(before, after, "requests").signum() == 0 && System.nanoTime() < deadline) {
            after = own();
        }
        // The settlement writes what the call may cost, the ledger that there was one: neither may count for the other.
        assertThat(grown(before, after, "requests")).isEqualByComparingTo("1");
        assertThat(grown(before, after, "failures")).isEqualByComparingTo("1");
    }

    @Test
    void theMetersHaveTheNamesOfTheContract() {
        asKey().body(chat("cheap", UUID.randomUUID().toString())).post(CHAT).then().statusCode(200);

        String metrics = given().get("/q/metrics").then().statusCode(200).extract().asString();

        assertThat(metrics.lines().filter(line -> !line.startsWith("#")).map(line -> line.replaceAll("[{ ].*", ""))
                .toList()).contains("sluice_requests_total", "sluice_overhead_seconds_count",
                        "sluice_overhead_seconds_bucket", "sluice_cost_total", "sluice_saved_total",
                        "gen_ai_client_token_usage_sum", "gen_ai_client_operation_duration_seconds_bucket",
                        "sluice_accounts_dropped_total");
        assertThat(metrics).contains("model=\"cheap\"").doesNotContain("http_server_requests", World.secret(KEY));
    }

    @Test
    void theAdminsFiguresAreForTheAdmin() {
        given().get("/admin/usage").then().statusCode(401);
        asKey().get("/admin/usage").then().statusCode(401);
        asAdmin(World.ADMIN).get("/admin/usage?group=hour").then().statusCode(400).body("error.param",
                equalTo("group"));
        asKey().get("/v1/usage?group=tenant").then().statusCode(400);
        given().get("/v1/usage").then().statusCode(401);
    }

    private static JsonPath own() {
        return asKey().get("/v1/usage").then().statusCode(200).extract().jsonPath();
    }

    private static BigDecimal grown(JsonPath before, JsonPath after, String figure) {
        return new BigDecimal(after.getString("total." + figure))
                .subtract(new BigDecimal(before.getString("total." + figure)));
    }

    private static BigDecimal header(Response response, String name) {
        return new BigDecimal(response.getHeader(name));
    }

    private static String chat(String model, String text) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
    }

    private static RequestSpecification asKey() {
        return given().header("Authorization", "Bearer " + World.secret(KEY)).contentType("application/json");
    }

    private static RequestSpecification asAdmin(String token) {
        return given().header("Authorization", "Bearer " + token);
    }
}
