package dev.sluice.tenant;

import dev.sluice.Money;
import dev.sluice.Priority;
import dev.sluice.Quota;
import dev.sluice.json.Json;
import dev.sluice.json.Json.Kind;
import dev.sluice.json.MalformedJson;
import dev.sluice.json.Splice;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How an {@link ApiKey} is kept in Redis. It carries a version of its format, and unknown members are passed over, so
 * that replicas of two releases can run side by side.
 */
final class ApiKeyJson {
    private static final long FORMAT = 1;

    private ApiKeyJson() {
    }

    static String write(ApiKey key) {
        StringBuilder json = new StringBuilder(512);
        json.append("{\"format\":").append(FORMAT);
        text(json, "name", key.name());
        text(json, "tenant", key.tenant());
        number(json, "requests_per_minute", key.quota().requestsPerMinute());
        number(json, "tokens_per_minute", key.quota().tokensPerMinute());
        number(json, "burst", key.quota().burst());
        number(json, "budget_nanos_per_day", key.quota().budgetPerDay().nanos());
        number(json, "budget_nanos_per_month", key.quota().budgetPerMonth().nanos());
        json.append(",\"clamp\":").append(key.clamp());
        text(json, "max_priority", key.maxPriority().toString());
        json.append(",\"models\":[");
        String comma = "";
        for (String model : key.models()) {
            json.append(comma).append(Splice.quote(model));
            comma = ",";
        }
        json.append("],\"enabled\":").append(key.enabled());
        number(json, "created_at", key.createdAt().orElseThrow().toEpochMilli());
        json.append(",\"secrets\":[");
        comma = "";
        for (KeySecret secret : key.secrets()) {
            json.append(comma).append("{\"sha256\":\"").append(secret.hash()).append('"');
            if (secret.endsAt() != KeySecret.NEVER) {
                number(json, "ends_at", secret.endsAt());
            }
            json.append('}');
            comma = ",";
        }
        return json.append("]}").toString();
    }

    private static void text(StringBuilder json, String name, String value) {
        json.append(",\"").append(name).append("\":").append(Splice.quote(value));
    }

    private static void number(StringBuilder json, String name, long value) {
        json.append(",\"").append(name).append("\":").append(value);
    }

    /** Empty for what is damaged or of a format to come. */
    static Optional<ApiKey> read(String text) {
        try {
            Json json = Json.parse(text.getBytes(StandardCharsets.UTF_8));
            int root = json.root();
            if (json.count(root, "format", 0) != FORMAT) {
                return Optional.empty();
            }
            Quota quota = new Quota(number(json, root, "requests_per_minute"), number(json, root, "tokens_per_minute"),
                    number(json, root, "burst"), new Money(number(json, root, "budget_nanos_per_day")),
                    new Money(number(json, root, "budget_nanos_per_month")));
            return Optional.of(new ApiKey(text(json, root, "name"), text(json, root, "tenant"), quota,
                    flag(json, root, "clamp"), Priority.of(text(json, root, "max_priority")).orElseThrow(Damaged::new),
                    models(json, root), flag(json, root, "enabled"),
                    Optional.of(Instant.ofEpochMilli(number(json, root, "created_at"))), secrets(json, root)));
        } catch (MalformedJson | IllegalArgumentException | Damaged e) {
            return Optional.empty();
        }
    }

    private static Set<String> models(Json json, int root) {
        int array = require(json, json.member(root, "models"), Kind.ARRAY);
        Set<String> models = new LinkedHashSet<>();
        for (int item = json.first(array); item != Json.NONE; item = json.next(array, item)) {
            models.add(json.text(require(json, item, Kind.STRING)));
        }
        return Collections.unmodifiableSet(models);
    }

    private static List<KeySecret> secrets(Json json, int root) {
        int array = require(json, json.member(root, "secrets"), Kind.ARRAY);
        List<KeySecret> secrets = new ArrayList<>();
        for (int item = json.first(array); item != Json.NONE; item = json.next(array, item)) {
            long endsAt = json.member(item, "ends_at") == Json.NONE ? KeySecret.NEVER : number(json, item, "ends_at");
            secrets.add(new KeySecret(SecretHash.ofHex(text(json, item, "sha256")), endsAt));
        }
        return secrets;
    }

    private static String text(Json json, int object, String name) {
        return json.text(require(json, json.member(object, name), Kind.STRING));
    }

    private static long number(Json json, int object, String name) {
        return Long.parseLong(json.literal(require(json, json.member(object, name), Kind.NUMBER)));
    }

    private static boolean flag(Json json, int object, String name) {
        int value = json.member(object, name);
        return json.is(value, Kind.TRUE) || !json.is(require(json, value, Kind.FALSE), Kind.FALSE);
    }

    private static int require(Json json, int value, Kind kind) {
        if (!json.is(value, kind)) {
            throw new Damaged();
        }
        return value;
    }

    private static final class Damaged extends RuntimeException {
        private static final long serialVersionUID = 1;

        Damaged() {
            super("A stored key is not what was written.", null, false, false);
        }
    }
}
