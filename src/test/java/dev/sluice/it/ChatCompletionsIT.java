package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.blankOrNullString;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import dev.sluice.upstream.MockProvider;
import dev.sluice.upstream.MockProvider.Act;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusIntegrationTest
@WithTestResource(World.class)
class ChatCompletionsIT {
    private static final String CHAT = "/v1/chat/completions";

    private int before;

    @BeforeEach
    void quiet() {
        provider().always(Act.ok());
        before = provider().calls().size();
    }

    @Test
    void theRequestReachesTheProviderUnchangedExceptTheModelAndTheAnswerComesBackLikewise() {
        String unique = UUID.randomUUID().toString();
        String body = "{ \"messages\" : [ {\"role\":\"user\",\"content\":\"Grüße \\u00e4 😀 " + unique
                + "\"} ],\n\t\"model\":\"cheap\", \"future\":{\"x\":[1.0,1e2,12345678901234567890]},\"max_tokens\":7 }";
        String answer = "{ \"id\":\"1\", \"model\" : \"cheap-upstream-2026\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\","
                + "\"message\":{\"role\":\"assistant\",\"content\":\"ü\\n\"}}], \"new\":1.50,"
                + "\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,\"total_tokens\":1100}}";
        provider().next(Act.body(answer));

        Response response = as("team-a").body(body).post(CHAT);

        response.then().statusCode(200)
                .header("x-sluice-model", "cheap")
                .header("x-sluice-cost-usd", "0.00063")
                .header("x-sluice-saved-usd", "0")
                .header("x-sluice-attempts", "1")
                .header("x-request-id", startsWith("req_"))
                .header("Cache-Status", "sluice; fwd=miss; stored");
        assertThat(response.asString()).isEqualTo(answer.replace("cheap-upstream-2026", "cheap"));
        assertThat(new String(provider().lastCall().body(), StandardCharsets.UTF_8))
                .isEqualTo(body.replace("\"cheap\"", "\"cheap-upstream\""));
        assertThat(provider().lastCall().header("authorization")).isEqualTo("Bearer sk-upstream");
    }

    @Test
    void theSecondIdenticalQuestionCostsNothingAndAnotherTenantsIsItsOwn() {
        String body = chat("cheap", "What is a sluice? " + UUID.randomUUID());

        Response first = as("team-a").body(body).post(CHAT);
        Response second = as("team-a").body(body).post(CHAT);
        Response other = as("team-b").body(body).post(CHAT);

        first.then().statusCode(200).header("Cache-Status", "sluice; fwd=miss; stored");
        second.then().statusCode(200).header("x-sluice-cost-usd", "0").header("x-sluice-attempts", "0")
                .header("x-sluice-saved-usd", first.header("x-sluice-cost-usd")).header("x-sluice-model", "cheap")
                .header("Cache-Status", matchesPattern("sluice; hit; ttl=7[12]\\d\\d; detail=exact"))
                .header("Age", matchesPattern("\\d"));
        assertThat(second.asByteArray()).isEqualTo(first.asByteArray());
        other.then().header("Cache-Status", "sluice; fwd=miss; stored");
        assertThat(provider().calls()).hasSize(before + 2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "no-store                | sluice; fwd=miss   | sluice; fwd=miss; stored",
            "no-cache                | sluice; fwd=miss; stored | hit",
            "max-age=0               | sluice; fwd=miss; stored | hit",
    })
    void cacheControlIsObeyed(String directive, String status, String afterwards) {
        String body = chat("cheap", "directive " + UUID.randomUUID());

        as("team-a").header("Cache-Control", directive).body(body).post(CHAT).then().header("Cache-Status", status);

        as("team-a").body(body).post(CHAT).then().header("Cache-Status", containsString(afterwards));
    }

    @Test
    void whatIsOnlyWantedFromTheCacheIsNotBought() {
        String body = chat("cheap", "only " + UUID.randomUUID());

        as("team-a").header("Cache-Control", "only-if-cached").body(body).post(CHAT).then().statusCode(504)
                .body("error.code", equalTo("not_cached"));
        as("team-a").header("x-sluice-cache", "off").body(body).post(CHAT).then().header("Cache-Status",
                "sluice; fwd=bypass");

        assertThat(provider().calls()).hasSize(before + 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "{\"model\":\"cheap\"                                                    | 400 | ",
            "[]                                                                      | 400 | ",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}                  | 400 | model",
            "{\"model\":7,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}      | 400 | model",
            "{\"model\":\"cheap\"}                                                   | 400 | messages",
            "{\"model\":\"cheap\",\"messages\":[]}                                   | 400 | messages",
            "{\"model\":\"cheap\",\"messages\":[1]}                                  | 400 | messages[0]",
            "{\"model\":\"cheap\",\"messages\":[{\"role\":\"user\",\"content\":1}]}  | 400 | messages[0].content",
            "{\"model\":\"cheap\",\"model\":\"strong\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | 400 | ",
            "{\"model\":\"cheap\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]} | 400 | ",
            "{\"model\":\"cheap\",\"n\":0,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | 400 | n",
            "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | 404 | model",
    })
    void aWrongBodyIsTheClientsFaultInOpenAisEnvelope(String body, int status, String param) {
        as("team-a").body(body).post(CHAT).then().statusCode(status)
                .body("error.type", equalTo("invalid_request_error"))
                .body("error.message", not(blankOrNullString())).body("error.param", equalTo(param))
                .header("x-request-id", startsWith("req_"));

        assertThat(provider().calls()).hasSize(before);
    }

    @Test
    void deepNestingInvalidUtf8AndHugeBodiesAreRefused() {
        String open = "{\"model\":\"cheap\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"deep\":";
        as("team-a").body(open + "[".repeat(5000) + "]".repeat(5000) + "}").post(CHAT).then().statusCode(400);
        byte[] invalid = chat("cheap", "xx").getBytes(StandardCharsets.UTF_8);
        invalid[invalid.length - 6] = (byte) 0xc3;
        as("team-a").body(invalid).post(CHAT).then().statusCode(400).body("error.message", containsString("UTF-8"));
        byte[] huge = new byte[10 * 1024 * 1024 + 1];
        Arrays.fill(huge, (byte) ' ');
        as("team-a").body(huge).post(CHAT).then().statusCode(413).body("error.code", equalTo("request_too_large"));
    }

    @Test
    void aKeyIsNeededAndOpensOnlyItsOwnModels() {
        given().contentType("application/json").body(chat("cheap", "x")).post(CHAT).then().statusCode(401)
                .body("error.type", equalTo("authentication_error"));
        as("nobody").body(chat("cheap", "x")).post(CHAT).then().statusCode(401);
        as("cheap-only").body(chat("strong", "x")).post(CHAT).then().statusCode(403)
                .body("error.type", equalTo("permission_error"));
        as("cheap-only").get("/v1/models").then().statusCode(200).body("data.id", hasItems("auto", "cheap"))
                .body("data.id", not(hasItem("strong")));
    }

    @Test
    void autoIsRoutedByPriorityAndTheSavingIsShown() {
        String simple = chat("auto", "hello " + UUID.randomUUID());

        as("team-a").body(simple).post(CHAT).then().statusCode(200).header("x-sluice-model", "cheap")
                .header("x-sluice-tier", "default").header("x-sluice-complexity", matchesPattern("0\\.\\d{3}"))
                .header("x-sluice-saved-usd", not(equalTo("0")));
        as("team-a").header("x-sluice-priority", "critical").body(simple).post(CHAT).then().statusCode(200)
                .header("x-sluice-model", "strong").header("x-sluice-tier", "critical")
                .header("x-sluice-saved-usd", "0");
    }

    @ParameterizedTest
    @CsvSource({ "x-sluice-priority, urgent", "x-sluice-cache, sometimes", "x-sluice-cache-threshold, 1.5",
            "x-sluice-max-cost-usd, -1", "x-sluice-max-cost-usd, 1e999999999", "x-sluice-max-latency-ms, 0.5"})
    void aWishThatCannotBeUnderstoodIsRefusedByItsName(String header, String value) {
        as("team-a").header(header, value).body(chat("cheap", "x")).post(CHAT).then().statusCode(400)
                .body("error.param", equalTo(header)).body("error.message", containsString(header));
    }

    @Test
    void whatARequestMayCostBoundsItsTier() {
        String body = "{\"model\":\"auto\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"cost "
                + UUID.randomUUID() + "\"}]}";

        as("team-a").header("x-sluice-priority", "critical").header("x-sluice-max-cost-usd", "0.001").body(body)
                .post(CHAT)
                .then().statusCode(200).header("x-sluice-model", "cheap");
        as("team-a").header("x-sluice-max-cost-usd", "0.000001").body(body).post(CHAT).then().statusCode(400)
                .body("error.code", equalTo("max_cost_exceeded"));
    }

    @Test
    void theRatesAreShown() {
        as("small").body(chat("cheap", "rates " + UUID.randomUUID())).post(CHAT).then().statusCode(200)
                .header("x-ratelimit-limit-requests", "60").header("x-ratelimit-remaining-requests", "9")
                .header("x-ratelimit-reset-requests", matchesPattern("\\d+(ms|s)"));
    }

    @Test
    void aDeadProviderIsReplacedByTheFallbackAndADeadModelIsABadGateway() {
        as("team-a").body(chat("falling", UUID.randomUUID().toString())).post(CHAT).then().statusCode(200)
                .header("x-sluice-model", "cheap").header("x-sluice-attempts", "2");
        as("team-a").body(chat("dead", UUID.randomUUID().toString())).post(CHAT).then().statusCode(502)
                .body("error.type", equalTo("upstream_error"));
    }

    @Test
    void aProvidersPauseIsObeyedAndThenItsAnswerServed() {
        provider().next(Act.status(429).header("Retry-After", "1"), Act.status(429).header("Retry-After", "1"),
                Act.ok());
        long start = System.nanoTime();

        as("team-a").body(chat("cheap", UUID.randomUUID().toString())).post(CHAT).then().statusCode(200)
                .header("x-sluice-attempts", "3");

        assertThat(System.nanoTime() - start).isGreaterThan(2_000_000_000L);
    }

    @Test
    void aProvidersBadRequestIsTheClientsToSee() {
        provider().next(
                Act.status(400).withBody("{\"error\":{\"message\":\"odd\",\"x\":1}}".getBytes(StandardCharsets.UTF_8)));

        Response response = as("team-a").body(chat("cheap", UUID.randomUUID().toString())).post(CHAT);

        response.then().statusCode(400).header("x-sluice-attempts", "1");
        assertThat(response.asString()).isEqualTo("{\"error\":{\"message\":\"odd\",\"x\":1}}");
    }

    @Test
    void streamMustBeTrueOrFalse() {
        as("team-a").body("{\"model\":\"cheap\",\"stream\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
                .post(CHAT).then().statusCode(400).body("error.param", equalTo("stream"));
    }

    @Test
    void whatIsToDifferReachesTheProviderAsItIs() {
        String tools = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x "
                + UUID.randomUUID()
                + "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},{\"type\":"
                + "\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}]}],\"model\":\"cheap\","
                + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}],"
                + "\"tool_choice\":\"auto\",\"parallel_tool_calls\":false,\"n\":2,\"logprobs\":true,\"seed\":7,"
                + "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{}}}}";

        as("team-a").body(tools).post(CHAT).then().statusCode(200);

        assertThat(new String(provider().lastCall().body(), StandardCharsets.UTF_8))
                .isEqualTo(tools.replace("\"cheap\"", "\"cheap-upstream\""));
        as("team-a").body(tools).post(CHAT).then().statusCode(200).header("x-sluice-cost-usd", "0");
        as("team-a").body(tools.replace("\"seed\":7", "\"seed\":8")).post(CHAT).then().statusCode(200)
                .header("Cache-Status", startsWith("sluice; fwd=miss"));
    }

    @Test
    void requestIdsAreKeptWhenWellFormed() {
        as("team-a").header("x-request-id", "my-id_1.2").body(chat("cheap", "id")).post(CHAT).then()
                .header("x-request-id", "my-id_1.2");
        as("team-a").header("x-request-id", "no spaces").body(chat("cheap", "id")).post(CHAT).then()
                .header("x-request-id", startsWith("req_"));
    }

    @Test
    void unknownPathsAndMethodsSpeakTheEnvelopeToo() {
        given().get("/v1/nothing").then().statusCode(404).body("error.code", equalTo("unknown_url"));
        given().get(CHAT).then().statusCode(405).body("error.type", equalTo("invalid_request_error"));
    }

    private static MockProvider provider() {
        return World.provider();
    }

    private static RequestSpecification as(String key) {
        return given().contentType("application/json").header("Authorization", "Bearer " + World.secret(key));
    }

    private static String chat(String model, String content) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}";
    }
}
