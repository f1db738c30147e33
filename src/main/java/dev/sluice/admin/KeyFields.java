package dev.sluice.admin;

import dev.sluice.Quota;
import dev.sluice.tenant.ApiKey.Settable;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** Reads what somebody wants of a key: only what the body names differs from what there was. */
final class KeyFields {
    static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final String NAME_WORDS = "1 to 64 letters, digits, dots, dashes or underscores";
    private static final String ALL = "*";
    private static final Set<String> READ_ONLY = Set.of("created_at", "source", "secret", "other_secrets_end_at");
    private static final Set<String> SETTABLE = Set.of("tenant", "requests_per_minute", "tokens_per_minute", "burst",
            "budget_usd_per_day", "budget_usd_per_month", "clamp", "max_priority", "models", "enabled");

    private final Set<String> grantable = new LinkedHashSet<>();

    /** @param autoNames names that ask the gateway to choose; the configuration's keys may name them too */
    KeyFields(Set<String> models, Set<String> autoNames) {
        grantable.add(ALL);
        grantable.addAll(models);
        grantable.addAll(autoNames);
    }

    /** The name of a key to be created. */
    static String name(Body body) {
        if (!body.has("name")) {
            throw Body.refused("name", "`name` is missing.");
        }
        return body.text("name", NAME.asMatchPredicate(), NAME_WORDS);
    }

    static void requireKnown(Body body, boolean creating) {
        for (String member : body.members()) {
            if (READ_ONLY.contains(member)) {
                throw Body.refused(member, "`" + member + "` is set by the gateway.");
            }
            if ("name".equals(member)) {
                if (!creating) {
                    throw Body.refused(member, "`name` cannot be changed.");
                }
            } else if (!SETTABLE.contains(member)) {
                String shown = Body.shown(member);
                throw Body.refused(shown, "`" + shown + "` is not a member of a key.");
            }
        }
    }

    Settable over(Settable before, Body body) {
        Quota quota = before.quota();
        Quota wanted = new Quota(whole(body, "requests_per_minute", quota.requestsPerMinute()),
                whole(body, "tokens_per_minute", quota.tokensPerMinute()), whole(body, "burst", quota.burst()),
                body.has("budget_usd_per_day") ? body.money("budget_usd_per_day") : quota.budgetPerDay(),
                body.has("budget_usd_per_month") ? body.money("budget_usd_per_month") : quota.budgetPerMonth());
        if (wanted.requestsPerMinute() > 0 && wanted.burst() < 1) {
            throw Body.refused("burst", "`burst` must be at least 1 where `requests_per_minute` is limited.");
        }
        return new Settable(
                body.has("tenant") ? body.text("tenant", NAME.asMatchPredicate(), NAME_WORDS) : before.tenant(),
                wanted, body.has("clamp") ? body.flag("clamp") : before.clamp(),
                body.has("max_priority") ? body.priority("max_priority") : before.maxPriority(),
                body.has("models") ? body.textsOf("models", grantable) : before.models(),
                body.has("enabled") ? body.flag("enabled") : before.enabled());
    }

    private static long whole(Body body, String name, long otherwise) {
        return body.has(name) ? body.whole(name) : otherwise;
    }

    /** All members, for the audit. */
    static String describe(Settable settable) {
        StringJoiner words = new StringJoiner(", ");
        members(settable).forEach((name, value) -> words.add(name + "=" + value));
        return words.toString();
    }

    /** The members that differ and their new values, for the audit. */
    static String describe(Settable before, Settable after) {
        Map<String, Object> old = members(before);
        StringJoiner words = new StringJoiner(", ");
        members(after).forEach((name, value) -> {
            if (!value.equals(old.get(name))) {
                words.add(name + "=" + value);
            }
        });
        return words.toString();
    }

    private static Map<String, Object> members(Settable settable) {
        Quota quota = settable.quota();
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("tenant", settable.tenant());
        members.put("requests_per_minute", quota.requestsPerMinute());
        members.put("tokens_per_minute", quota.tokensPerMinute());
        members.put("burst", quota.burst());
        members.put("budget_usd_per_day", quota.budgetPerDay());
        members.put("budget_usd_per_month", quota.budgetPerMonth());
        members.put("clamp", settable.clamp());
        members.put("max_priority", settable.maxPriority());
        members.put("models", settable.models());
        members.put("enabled", settable.enabled());
        return members;
    }
}
