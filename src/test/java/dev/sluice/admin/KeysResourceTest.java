package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Refused;
import dev.sluice.redis.SharedStore;
import dev.sluice.redis.StoreUnavailable;
import dev.sluice.redis.TestRedis;
import dev.sluice.tenant.KeyReplica;
import dev.sluice.tenant.TestSettings;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.data.TemporalUnitOffset;
import org.assertj.core.data.TemporalUnitWithinOffset;
import org.jboss.resteasy.reactive.RestResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysResourceTest {
    private TestRedis redis;
    private SharedStore store;
    private KeyReplica replica;
    private KeysResource resource;

    @BeforeEach
    void start() {
        redis = TestRedis.start();
        store = redis.store();
        replica = new KeyReplica(redis.vertx(), redis.options(), store, TestSettings.settings(), Duration.ofDays(1));
        resource = new KeysResource(replica.keys(), new Audit(store), TestSettings.settings());
    }

    @AfterEach
    void stop() {
        replica.close();
        redis.close();
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(5));
    }

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private KeyView create(String json) {
        return await(resource.create(json(json))).getEntity();
    }

    private static void assertRefused(Supplier<?> call, int status, String code) {
        assertThatThrownBy(call::get).isInstanceOfSatisfying(Refused.class,
                refused -> AdminRefusals.assertRefusal(refused, status, "invalid_request_error", code));
    }

    private static void assertInvalid(Supplier<?> call, String message) {
        assertThatThrownBy(call::get).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().status()).isEqualTo(400);
            assertThat(refused.refusal().message()).isEqualTo(message);
        });
    }

    private static JsonNode asJson(Object view) {
        try {
            return new ObjectMapper().readTree(new ObjectMapper().writeValueAsBytes(view));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> audit() {
        List<String> lines = new ArrayList<>();
        store.call(Command.XRANGE, "test:v1:audit", "-", "+").await().indefinitely()
                .forEach(entry -> lines
                        .add(entry.get(1).get(3) + " " + entry.get(1).get(5) + ": " + entry.get(1).get(7)));
        return lines;
    }

    @Test
    void aKeyIsCreatedWithEverythingThatIsGivenAndItsSecretIsShownOnce() {
        RestResponse<KeyView> created = await(resource.create(json("""
                {'name':'team-b','tenant':'b','requests_per_minute':6,'tokens_per_minute':7,'burst':8,
                'budget_usd_per_day':'0.000000001','budget_usd_per_month':12.50,'clamp':true,'max_priority':'low',
                'models':['cheap','strong'],'enabled':true}""")));

        assertThat(created.getStatus()).isEqualTo(201);
        assertThat(created.getHeaderString("Location")).isEqualTo("/admin/keys/team-b");
        assertThat(created.getHeaderString("Cache-Control")).isEqualTo("no-store");
        JsonNode view = asJson(created.getEntity());
        String secret = view.path("secret").asText();
        String createdAt = view.path("created_at").asText();
        assertThat(secret).startsWith("sk-").hasSizeGreaterThan(40);
        assertThat(Instant.parse(createdAt)).isCloseTo(Instant.now(), within());
        String rest = "{\"name\":\"team-b\",\"tenant\":\"b\",\"requests_per_minute\":6,\"tokens_per_minute\":7,"
                + "\"burst\":8,\"budget_usd_per_day\":\"0.000000001\",\"budget_usd_per_month\":\"12.5\",\"clamp\":true,"
                + "\"max_priority\":\"low\",\"models\":[\"cheap\",\"strong\"],\"enabled\":true,\"created_at\":\""
                + createdAt + "\",\"source\":\"api\"";
        assertThat(view).hasToString(rest + ",\"secret\":\"" + secret + "\"}");
        assertThat(asJson(await(resource.show("team-b")))).hasToString(rest + "}");
        assertThat(asJson(await(resource.list(null, null))).toString()).contains(rest + "}").doesNotContain(secret);
        assertThat(replica.identify(secret)).get().extracting(caller -> caller.tenant()).isEqualTo("b");
    }

    private static TemporalUnitOffset within() {
        return new TemporalUnitWithinOffset(10, ChronoUnit.SECONDS);
    }

    @Test
    void whatIsNotGivenIsTheDefault() {
        KeyView key = create("{'name':'plain'}");

        assertThat(asJson(key).toString()).startsWith("{\"name\":\"plain\",\"tenant\":\"default\","
                + "\"requests_per_minute\":60,\"tokens_per_minute\":100000,\"burst\":10,\"budget_usd_per_day\":\"0\","
                + "\"budget_usd_per_month\":\"0\",\"clamp\":false,\"max_priority\":\"high\",\"models\":[\"*\"],"
                + "\"enabled\":true,");
    }

    @Test
    void nothingThatIsStoredOrRecordedHoldsASecret() {
        String first = create("{'name':'x'}").secret();
        String second = await(resource.rotate("x", null)).getEntity().secret();

        String everything = "";
        for (String key : List.of("test:v1:{keys}:records", "test:v1:{keys}:secrets")) {
            everything += store.call(Command.HGETALL, key).await().indefinitely();
        }
        everything += audit();
        assertThat(everything).contains("key.rotate").doesNotContain(first.substring(10))
                .doesNotContain(second.substring(10));
        assertThat(create("{'name':'y'}")).asString().doesNotContain("sk-");
    }

    @Test
    void aNameIsTakenOnce() {
        create("{'name':'x'}");

        assertRefused(() -> create("{'name':'x'}"), 409, "key_exists");
        assertRefused(() -> create("{'name':'team-a'}"), 409, "key_exists");
    }

    @Test
    void aPatchChangesWhatItNamesAndNothingElse() {
        KeyView before = create("{'name':'x','tenant':'b','burst':5,'models':['cheap'],'budget_usd_per_day':1}");

        KeyView after = await(resource.change("x", json("{'burst':6,'enabled':false}")));

        assertThat(asJson(after).toString()).isEqualTo(asJson(before).toString().replace("\"burst\":5", "\"burst\":6")
                .replace("\"enabled\":true", "\"enabled\":false").replaceFirst(",\"secret\":\"[^\"]+\"", ""));
        assertThat(await(resource.show("x"))).isEqualTo(after);
        assertThat(replica.identify(before.secret())).isEmpty();
        assertThat(await(resource.change("x", json("{}")))).isEqualTo(after);
    }

    @Test
    void patchesAtTheSameTimeAreAllKept() {
        create("{'name':'x','requests_per_minute':0}");
        List<Uni<KeyView>> patches = List.of(resource.change("x", json("{'burst':1}")),
                resource.change("x", json("{'tokens_per_minute':2}")), resource.change("x", json("{'clamp':true}")),
                resource.change("x", json("{'tenant':'t'}")), resource.change("x", json("{'max_priority':'low'}")));

        await(Uni.join().all(patches).andFailFast());

        KeyView key = await(resource.show("x"));
        assertThat(key.burst()).isEqualTo(1);
        assertThat(key.tokensPerMinute()).isEqualTo(2);
        assertThat(key.clamp()).isTrue();
        assertThat(key.tenant()).isEqualTo("t");
        assertThat(key.maxPriority()).isEqualTo("low");
    }

    @Test
    void aDeletedKeyIsGoneAndItsNameFree() {
        String secret = create("{'name':'x'}").secret();

        await(resource.delete("x"));

        assertThat(replica.identify(secret)).isEmpty();
        assertRefused(() -> await(resource.show("x")), 404, "key_not_found");
        assertRefused(() -> await(resource.delete("x")), 404, "key_not_found");
        assertRefused(() -> await(resource.change("x", json("{'burst':1}"))), 404, "key_not_found");
        assertRefused(() -> await(resource.rotate("x", null)), 404, "key_not_found");
        assertThat(create("{'name':'x'}").secret()).isNotEqualTo(secret);
        assertThat(replica.identify(secret)).isEmpty();
    }

    @Test
    void aRotationLetsTheOldSecretWorkForADayUnlessToldOtherwise() {
        String first = create("{'name':'x'}").secret();

        KeyView rotated = await(resource.rotate("x", null)).getEntity();

        assertThat(Instant.parse(rotated.otherSecretsEndAt())).isCloseTo(Instant.now().plus(Duration.ofDays(1)),
                within());
        assertThat(rotated.secret()).isNotEqualTo(first);
        assertThat(replica.identify(first)).isPresent().isEqualTo(replica.identify(rotated.secret()));
        KeyView again = await(resource.rotate("x", json("{'overlap_seconds':0}"))).getEntity();
        assertThat(again.otherSecretsEndAt()).isNull();
        assertThat(replica.identify(first)).isEmpty();
        assertThat(replica.identify(rotated.secret())).isEmpty();
        assertThat(replica.identify(again.secret())).isPresent();
    }

    @Test
    void tooManySecretsThatWorkAreRefused() {
        create("{'name':'x'}");
        for (int i = 0; i < 7; i++) {
            await(resource.rotate("x", new byte[0]));
        }

        assertRefused(() -> await(resource.rotate("x", null)), 409, "too_many_secrets");
        assertThat(await(resource.rotate("x", json("{'overlap_seconds':0}"))).getStatus()).isEqualTo(200);
        assertThat(store.call(Command.HLEN, "test:v1:{keys}:secrets").await().indefinitely().toInteger()).isEqualTo(1);
    }

    @Test
    void bootstrapKeysAreShownAndNotChanged() {
        assertThat(asJson(await(resource.show("team-a")))).hasToString("{\"name\":\"team-a\",\"tenant\":\"a\","
                + "\"requests_per_minute\":0,\"tokens_per_minute\":0,\"burst\":0,\"budget_usd_per_day\":\"0\","
                + "\"budget_usd_per_month\":\"0\",\"clamp\":true,\"max_priority\":\"critical\",\"models\":[\"cheap\"],"
                + "\"enabled\":true,\"created_at\":null,\"source\":\"configuration\"}");

        assertRefused(() -> await(resource.change("team-a", json("{'burst':1}"))), 409, "key_read_only");
        assertRefused(() -> await(resource.rotate("team-a", null)), 409, "key_read_only");
        assertRefused(() -> await(resource.delete("team-a")), 409, "key_read_only");
        assertThat(audit()).isEmpty();
    }

    @Test
    void theListIsInTheOrderOfTheNamesAndComesInPages() {
        for (String name : List.of("zz", "B", "team-b", "a.1", "team-", "_")) {
            create("{'name':'" + name + "'}");
        }

        assertThat(names(resource.list(null, null))).containsExactly("B", "_", "a.1", "team-", "team-a", "team-b",
                "zz");
        assertThat(await(resource.list(null, null)).hasMore()).isFalse();
        assertThat(names(resource.list("3", null))).containsExactly("B", "_", "a.1");
        assertThat(await(resource.list("3", null)).hasMore()).isTrue();
        assertThat(names(resource.list("3", "a.1"))).containsExactly("team-", "team-a", "team-b");
        assertThat(names(resource.list("3", "team-b"))).containsExactly("zz");
        assertThat(await(resource.list("1", "team-b")).hasMore()).isFalse();
        assertThat(names(resource.list(null, "zzz"))).isEmpty();
    }

    private static List<String> names(Uni<KeysResource.KeyList> list) {
        return await(list).data().stream().map(KeyView::name).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = { "0", "1001", "-1", "x", "", "1.5", "99999999999"})
    void aPageHasASize(String limit) {
        assertInvalid(() -> await(resource.list(limit, null)), "`limit` must be a whole number from 1 to 1000.");
    }

    @Test
    void everyChangeIsRecordedBeforeItIsMade() {
        create("{'name':'x','tenant':'b'}");
        await(resource.change("x", json("{'burst':6,'budget_usd_per_day':'2.50','tenant':'b'}")));
        await(resource.rotate("x", json("{'overlap_seconds':60}")));
        await(resource.delete("x"));

        assertThat(audit()).containsExactly(
                "key.create x: tenant=b, requests_per_minute=60, tokens_per_minute=100000, burst=10, budget_usd_per_day=0,"
                        + " budget_usd_per_month=0, clamp=false, max_priority=high, models=[*], enabled=true",
                "key.change x: burst=6, budget_usd_per_day=2.5", "key.rotate x: overlap_seconds=60", "key.delete x: ");
    }

    @Test
    void withoutRedisBootstrapKeysAreShownAndNothingIsChanged() {
        redis.stop();

        assertThat(await(resource.show("team-a")).name()).isEqualTo("team-a");
        assertThatThrownBy(() -> await(resource.list(null, null))).isInstanceOf(StoreUnavailable.class);
        assertThatThrownBy(() -> create("{'name':'x'}")).isInstanceOf(StoreUnavailable.class);
    }

    static Stream<Arguments> faults() {
        String name = "1 to 64 letters, digits, dots, dashes or underscores.";
        String whole = "a whole number from 0 to 4503599627370496.";
        String money = "US dollars from 0 to 4000000 with at most nine decimals, such as \"12.50\".";
        String models = "`models` must be an array of at least one string.";
        return Stream.of(arguments("[]", "The body must be a JSON object."),
                arguments("null", "The body must be a JSON object."),
                arguments("", "The body is empty."),
                arguments("{'name':''}", "`name` must be " + name),
                arguments("{'name':'a|b'}", "`name` must be " + name),
                arguments("{'name':'a/../b'}", "`name` must be " + name),
                arguments("{'name':'" + "x".repeat(65) + "'}", "`name` must be " + name),
                arguments("{'name':7}", "`name` must be " + name),
                arguments("{'name':null}", "`name` must be " + name),
                arguments("{'name':'x','tenant':'b c'}", "`tenant` must be " + name),
                arguments("{'name':'x','tenant':null}", "`tenant` must be " + name),
                arguments("{'name':'x','tenannt':'b'}", "`tenannt` is not a member of a key."),
                arguments("{'name':'x','secret':'sk-mine'}", "`secret` is set by the gateway."),
                arguments("{'name':'x','created_at':'2026-11-23T00:00:00Z'}", "`created_at` is set by the gateway."),
                arguments("{'name':'x','requests_per_minute':-1}", "`requests_per_minute` must be " + whole),
                arguments("{'name':'x','requests_per_minute':'60'}", "`requests_per_minute` must be " + whole),
                arguments("{'name':'x','tokens_per_minute':1.5}", "`tokens_per_minute` must be " + whole),
                arguments("{'name':'x','tokens_per_minute':1e16}", "`tokens_per_minute` must be " + whole),
                arguments("{'name':'x','burst':null}", "`burst` must be " + whole),
                arguments("{'name':'x','burst':0}",
                        "`burst` must be at least 1 where `requests_per_minute` is limited."),
                arguments("{'name':'x','budget_usd_per_day':-0.01}", "`budget_usd_per_day` must be " + money),
                arguments("{'name':'x','budget_usd_per_day':'1e999999999'}", "`budget_usd_per_day` must be " + money),
                arguments("{'name':'x','budget_usd_per_day':'1,5'}", "`budget_usd_per_day` must be " + money),
                arguments("{'name':'x','budget_usd_per_day':''}", "`budget_usd_per_day` must be " + money),
                arguments("{'name':'x','budget_usd_per_day':true}", "`budget_usd_per_day` must be " + money),
                arguments("{'name':'x','budget_usd_per_month':0.0000000001}",
                        "`budget_usd_per_month` must be " + money),
                arguments("{'name':'x','budget_usd_per_month':4000000.1}", "`budget_usd_per_month` must be " + money),
                arguments("{'name':'x','budget_usd_per_month':'" + "9".repeat(100_000) + "'}",
                        "`budget_usd_per_month` must be " + money),
                arguments("{'name':'x','clamp':'true'}", "`clamp` must be true or false."),
                arguments("{'name':'x','enabled':1}", "`enabled` must be true or false."),
                arguments("{'name':'x','max_priority':'urgent'}",
                        "`max_priority` must be one of low, medium, high and critical."),
                arguments("{'name':'x','models':'*'}", models), arguments("{'name':'x','models':[]}", models),
                arguments("{'name':'x','models':['cheap',1]}", models),
                arguments("{'name':'x','models':['cheap','dear']}",
                        "`models` holds `dear`, which is none of *, cheap, strong, auto."));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void eachFaultOfANewKeyHasOneClearSentence(String body, String message) {
        assertInvalid(() -> create(body), message);
        assertThat(audit()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = { "{'name':'x','name':'y'}", "{'name':'x'", "{'name':'x'} {}", "{'name':'\\ud800'}"})
    void whatIsNotJsonIsRefused(String body) {
        assertThatThrownBy(() -> create(body)).isInstanceOfSatisfying(Refused.class,
                refused -> assertThat(refused.refusal().status()).isEqualTo(400));
    }

    @Test
    void aChangeIsCheckedAgainstWhatTheKeyIsThen() {
        create("{'name':'x'}");

        assertInvalid(() -> await(resource.change("x", json("{'name':'y'}"))), "`name` cannot be changed.");
        assertInvalid(() -> await(resource.change("x", json("{'burst':0}"))),
                "`burst` must be at least 1 where `requests_per_minute` is limited.");
        assertThat(await(resource.change("x", json("{'burst':0,'requests_per_minute':0}"))).burst()).isZero();
        assertInvalid(() -> await(resource.change("x", json("{'requests_per_minute':1}"))),
                "`burst` must be at least 1 where `requests_per_minute` is limited.");
        assertThat(audit()).hasSize(2);
    }

    @Test
    void anOverlapIsAtMostThirtyDays() {
        create("{'name':'x'}");
        String expected = "`overlap_seconds` must be a whole number from 0 to 2592000.";

        assertInvalid(() -> await(resource.rotate("x", json("{'overlap_seconds':2592001}"))), expected);
        assertInvalid(() -> await(resource.rotate("x", json("{'overlap_seconds':-1}"))), expected);
        assertInvalid(() -> await(resource.rotate("x", json("{'overlap_seconds':'1'}"))), expected);
        assertInvalid(() -> await(resource.rotate("x", json("{'overlap':1}"))),
                "The body of a rotation has no member but `overlap_seconds`.");
        assertThat(await(resource.rotate("x", json("{}"))).getStatus()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = { "a b", "..%2f", "ä", ""})
    void whatIsNoNameIsNoKey(String name) {
        assertRefused(() -> await(resource.show(name)), 404, "key_not_found");
        assertRefused(() -> await(resource.delete(name)), 404, "key_not_found");
    }
}
