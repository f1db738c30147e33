package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Caller;
import dev.sluice.Model;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.config.Settings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {
    private static final Scope SCOPE = new Scope(Settings.Scope.TENANT, "a", "");

    /** A request with something of everything; each member has a few other values. */
    private static final Map<String, List<String>> MEMBERS = new LinkedHashMap<>();

    static {
        MEMBERS.put("messages", List.of(
                messages("system", "Be brief.", "user", "Hi", "assistant", "Yes?", "user", "Why?"),
                messages("system", "Be brief. ", "user", "Hi", "assistant", "Yes?", "user", "Why?"),
                messages("system", "be brief.", "user", "Hi", "assistant", "Yes?", "user", "Why?"),
                messages("developer", "Be brief.", "user", "Hi", "assistant", "Yes?", "user", "Why?"),
                messages("system", "Be brief.", "user", "Ho", "assistant", "Yes?", "user", "Why?"),
                messages("system", "Be brief.", "user", "Hi", "assistant", "Yes!", "user", "Why?"),
                messages("system", "Be brief.", "user", "Hi", "assistant", "Yes?", "user", "why?"),
                messages("system", "Be brief.", "user", "Hi", "assistant", "Yes?", "user", "Why?\\n"),
                messages("user", "Hi", "assistant", "Yes?", "user", "Why?"),
                "[]"));
        MEMBERS.put("temperature", List.of("0.7", "0.70001", "0", "1", "null", "\"0.7\""));
        MEMBERS.put("max_tokens", List.of("100", "101", "null"));
        MEMBERS.put("seed", List.of("9007199254740992", "9007199254740993", "9007199254740994", "\"9007199254740993\"",
                "\"#9007199254740993\""));
        MEMBERS.put("response_format", List.of("{\"type\":\"json_object\"}", "{\"type\":\"text\"}", "{}"));
        MEMBERS.put("tools", List.of("[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
                "[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]", "[]"));
        MEMBERS.put("n", List.of("1", "2"));
        MEMBERS.put("stop", List.of("[\"a\",\"b\"]", "[\"b\",\"a\"]", "[[\"a\"],\"b\"]", "\"a,b\"", "[\"a,b\"]"));
        MEMBERS.put("x_unknown",
                List.of("{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[12]}}", "{\"a\":{\"b\":[1,2],\"c\":null}}",
                        "true", "false"));
    }

    private static String messages(String... rolesAndTexts) {
        List<String> messages = new ArrayList<>();
        for (int i = 0; i < rolesAndTexts.length; i += 2) {
            messages.add("{\"role\":\"" + rolesAndTexts[i] + "\",\"content\":\"" + rolesAndTexts[i + 1] + "\"}");
        }
        return "[" + String.join(",", messages) + "]";
    }

    private static Map<String, String> usual() {
        Map<String, String> body = new LinkedHashMap<>();
        MEMBERS.forEach((name, values) -> body.put(name, values.get(0)));
        return body;
    }

    private static String write(Map<String, String> body, long seed) {
        List<String> members = new ArrayList<>();
        body.forEach((name, value) -> members.add("\"" + name + "\" : " + value));
        Collections.shuffle(members, new Random(seed));
        return "{" + String.join(",", members) + "}";
    }

    private static Identity identity(Map<String, String> body) {
        return Identity.of(Asked.request(write(body, 1)), Asked.MODEL, SCOPE);
    }

    @Test
    void anyOneMemberThatDiffersMakesAnotherRequest() {
        Set<Identity> identities = new HashSet<>();
        identities.add(identity(usual()));
        int requests = 1;
        for (Map.Entry<String, List<String>> member : MEMBERS.entrySet()) {
            for (String value : member.getValue().subList(1, member.getValue().size())) {
                Map<String, String> body = usual();
                body.put(member.getKey(), value);
                identities.add(identity(body));
                requests++;
            }
            Map<String, String> without = usual();
            without.remove(member.getKey());
            identities.add(identity(without));
            requests++;
        }
        assertThat(identities).hasSize(requests);
    }

    @Test
    void theOrderOfTheMembersIsNoDifference() {
        for (int seed = 0; seed < 50; seed++) {
            assertThat(Identity.of(Asked.request(write(usual(), seed)), Asked.MODEL, SCOPE))
                    .isEqualTo(identity(usual()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "model", "stream", "stream_options", "user", "safety_identifier", "prompt_cache_key",
            "prompt_cache_retention", "metadata"})
    void whatCannotChangeTheAnswerIsNoDifference(String name) {
        Map<String, String> body = usual();
        body.put(name, "\"x\"");

        assertThat(identity(body)).isEqualTo(identity(usual()));

        body = usual();
        body.put("x_unknown", "{\"" + name + "\":1}");
        Map<String, String> otherwise = usual();
        otherwise.put("x_unknown", "{\"" + name + "\":2}");
        assertThat(identity(body)).isNotEqualTo(identity(otherwise));
    }

    @Test
    void anotherModelIsAnotherRequest() {
        Set<Identity> identities = new HashSet<>();
        List<Model> models = List.of(model("m", "p", "u"), model("m2", "p", "u"), model("m", "p2", "u"),
                model("m", "p", "u2"), model("mp", "", "u"), model("", "mp", "u"), model("m", "pu", ""));
        models.forEach(model -> identities.add(Identity.of(Asked.request("{}"), model, SCOPE)));
        assertThat(identities).hasSize(models.size());
    }

    private static Model model(String name, String provider, String upstreamName) {
        return new Model(name, provider, upstreamName, Optional.empty(), 0, 0, List.of());
    }

    @Test
    void isAnotherForEachSetOfHeadersThatReachTheProvider() {
        Set<Identity> identities = new HashSet<>();
        for (Map<String, String> headers : List.of(Map.<String, String>of(), Map.of("anthropic-beta", "a"),
                Map.of("anthropic-beta", "a,b"), Map.of("anthropic-betaa", ""))) {
            identities.add(Identity.of(Asked.request("{}").with(headers), Asked.MODEL, SCOPE));
        }

        assertThat(identities).hasSize(4);
    }

    @ParameterizedTest
    @EnumSource(Settings.Scope.class)
    void isSharedWithinTheScopeOnly(Settings.Scope kind) {
        Identity mine = of(kind, caller("k", "t"));

        assertThat(of(kind, caller("k", "t"))).isEqualTo(mine);
        assertThat(of(kind, caller("k2", "t")).equals(mine)).isEqualTo(kind != Settings.Scope.KEY);
        assertThat(of(kind, caller("k", "t2")).equals(mine)).isEqualTo(kind == Settings.Scope.GLOBAL);
    }

    @Test
    void scopesOfDifferentKindsNeverShare() {
        assertThat(Set.of(of(Settings.Scope.KEY, caller("k", "t")), of(Settings.Scope.TENANT, caller("k", "t")),
                of(Settings.Scope.GLOBAL, caller("k", "t")))).hasSize(3);
    }

    @Test
    void fitsIntoAName() {
        assertThat(identity(usual()).value()).matches("[A-Za-z0-9_-]{43}");
    }

    private static Identity of(Settings.Scope kind, Caller caller) {
        return Identity.of(Asked.request("{}"), Asked.MODEL, Scope.of(kind, caller));
    }

    private static Caller caller(String key, String tenant) {
        return new Caller(key, tenant, Quota.UNLIMITED, false, Priority.LOW, Set.of("*"));
    }
}
