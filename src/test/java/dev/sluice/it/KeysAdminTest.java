package dev.sluice.it;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.UUID;
import org.hamcrest.Matchers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys over HTTP: who may manage them, and what that does to those who use them. */
@QuarkusTest
@WithTestResource(World.class)
class KeysAdminTest {
    private static final String KEYS = "/admin/keys";

    private final String name = "key-" + UUID.randomUUID();

    private static RequestSpecification with(String token) {
        return given().urlEncodingEnabled(false).header("Authorization", "Bearer " + token);
    }

    private static RequestSpecification admin() {
        return with(World.ADMIN);
    }

    private Response create(String members) {
        return admin().body("{\"name\":\"" + name + "\"" + members + "}").post(KEYS);
    }

    private static int asking(String secret) {
        return with(secret).get("/v1/models").statusCode();
    }

    @Test
    void aKeyLivesFromItsCreationToItsDeletion() {
        Response created = create(",\"tenant\":\"a\",\"budget_usd_per_day\":\"1.50\",\"models\":[\"cheap\"]");
        created.then().statusCode(201).header("Location", "/admin/keys/" + name).header("Cache-Control", "no-store")
                .body("name", equalTo(name)).body("secret", startsWith("sk-"))
                .body("budget_usd_per_day", equalTo("1.5"))
                .body("created_at", notNullValue()).body("$", not(Matchers.hasKey("other_secrets_end_at")));
        String secret = created.path("secret");
        with(secret).get("/v1/models").then().statusCode(200).body("data.id", hasItems("cheap"))
                .body("data.id", not(hasItems("strong")));

        Response rotated = admin().post(KEYS + "/" + name + "/rotate");
        rotated.then().statusCode(200).body("other_secrets_end_at", notNullValue());
        String fresh = rotated.path("secret");
        assertThat(asking(secret)).isEqualTo(200);
        assertThat(asking(fresh)).isEqualTo(200);

        Response patched = admin().body("{\"enabled\":false}").patch(KEYS + "/" + name);
        patched.then().statusCode(200).body("enabled", equalTo(false)).body("tenant", equalTo("a"))
                .body("$", not(Matchers.hasKey("secret")));
        with(fresh).get("/v1/models").then().statusCode(401).body("error.code", equalTo("invalid_api_key"));

        String listed = with(World.VIEWER).get(KEYS).then().statusCode(200).body("data.name", hasItems(name, "team-a"))
                .extract().asString();
        assertThat(listed).doesNotContain("\"secret\"").doesNotContain("sk-");
        with(World.VIEWER).head(KEYS).then().statusCode(200);
        with(World.VIEWER).get(KEYS + "/" + name).then().statusCode(200).body("name", equalTo(name));

        assertThat(admin().delete(KEYS + "/" + name).statusCode()).isEqualTo(204);
        admin().get(KEYS + "/" + name).then().statusCode(404).body("error.code", equalTo("key_not_found"));
    }

    @Test
    void aKeyOfTheConfigurationIsReadOnly() {
        admin().get(KEYS + "/team-a").then().statusCode(200).body("source", equalTo("configuration"));
        admin().body("{\"burst\":1}").patch(KEYS + "/team-a").then().statusCode(409)
                .body("error.code", equalTo("key_read_only")).body("error.message", Matchers.containsString("team-a"));
        admin().delete(KEYS + "/team-a").then().statusCode(409);
    }

    @ParameterizedTest
    @CsvSource({ "GET,/admin/keys", "POST,/admin/keys", "GET,/admin/keys/team-a", "PATCH,/admin/keys/team-a",
            "DELETE,/admin/keys/team-a", "POST,/admin/keys/team-a/rotate", "GET,/admin/usage", "GET,/admin/cache",
            "DELETE,/admin/cache", "GET,/admin/providers"})
    void nobodyElseMayEvenLook(String method, String path) {
        for (String token : new String[]{ "", "wrong", World.secret("team-a")}) {
            with(token).body("{}").request(method, path).then().statusCode(401)
                    .body("error.type", equalTo("authentication_error"))
                    .body("error.code", equalTo("invalid_admin_token"));
        }
        given().body("{}").request(method, path).then().statusCode(401);
        given().body("{}").request(method, path + "?token=" + World.ADMIN + "&access_token=" + World.ADMIN).then()
                .statusCode(401);
        given().body("{}").header("x-api-key", World.ADMIN).request(method, path).then().statusCode(401);
    }

    @ParameterizedTest
    @CsvSource({ "POST,/admin/keys", "PATCH,/admin/keys/team-a", "DELETE,/admin/keys/team-a",
            "POST,/admin/keys/team-a/rotate", "DELETE,/admin/cache"})
    void theViewerChangesNothing(String method, String path) {
        with(World.VIEWER).body("{}").request(method, path).then().statusCode(403)
                .body("error.type", equalTo("permission_error")).body("error.code", equalTo("read_only_token"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "/admin/keys/", "//admin/keys", "/admin//keys", "/admin/./keys", "/v1/../admin/keys",
            "/%61dmin/keys", "/admin/keys;a=b", "/admin;a=b/keys", "/admin/%6beys", "/admin%2fkeys"})
    void noOtherSpellingOfAPathIsOpen(String path) {
        assertThat(given().urlEncodingEnabled(false).get(path).statusCode()).isIn(400, 401, 404);
    }

    @Test
    void faultsComeInTheEnvelope() {
        create(",\"burst\":-1").then().statusCode(400).body("error.type", equalTo("invalid_request_error"))
                .body("error.param", equalTo("burst")).body("error.message", startsWith("`burst` must be"));
        admin().body("{").post(KEYS).then().statusCode(400).body("error.type", equalTo("invalid_request_error"));
        admin().post(KEYS).then().statusCode(400).body("error.message", equalTo("The body is empty."));
        admin().put(KEYS).then().statusCode(405).body("error.code", equalTo("method_not_supported"));
        admin().get(KEYS + "/" + name).then().statusCode(404).body("error.code", equalTo("key_not_found"));
    }
}
