package dev.sluice.config;

import io.smallrye.config.common.utils.StringUtil;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Explains names that mean nothing, by the nearest one that does. */
final class UnknownKeys {
    private static final String VARIABLES = "SLUICE_";

    /** What Kubernetes puts into the containers beside a service called sluice or sluice-…, and what our tests read. */
    private static final Pattern FOREIGN = Pattern
            .compile("SLUICE_TEST_.*|SLUICE_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?"
                    + "|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    private static final Pattern SECRETIVE = Pattern.compile(".*(key|secret|token|passw|credential|auth).*");
    private static final Pattern SEGMENT = Pattern.compile("\"[^\"]*\"|\\[\\d*]|[^.\\[\\]]+");

    private final Faults faults;

    UnknownKeys(Faults faults) {
        this.faults = faults;
    }

    /** Whether an upper-case environment variable is meant for us. */
    static boolean isOurs(String variable) {
        return variable.startsWith(VARIABLES) && !FOREIGN.matcher(variable).matches();
    }

    /** @param value null: none */
    void report(String name, String value) {
        boolean isProperty = name.startsWith(Keys.ROOT + ".");
        String written = isProperty ? name : KeyPattern.variable(name);
        List<String> segments = segments(isProperty ? name : StringUtil.toLowerCaseAndDotted(written));
        Map<String, KeyPattern> alike = new LinkedHashMap<>();
        for (KeyPattern pattern : Keys.ALL) {
            String key = pattern.with(namesFor(pattern, segments));
            alike.put(isProperty ? key : KeyPattern.variable(key), pattern);
        }
        Optional<String> nearest = Nearest.to(written, alike.keySet());
        String member = segments.get(segments.size() - 1).toLowerCase(Locale.ROOT);
        boolean secret = value == null || SECRETIVE.matcher(member).matches()
                || nearest.filter(near -> alike.get(near).secret()).isPresent();
        faults.add(name + "=" + (secret ? Secret.STARS : Faults.shown(value)), "is not a key of this configuration"
                + nearest.map(near -> "; did you mean " + near + "?").orElse(""));
    }

    /** What is written where the pattern leaves something open. */
    private static List<String> namesFor(KeyPattern pattern, List<String> written) {
        List<String> names = new ArrayList<>();
        List<String> segments = segments(pattern.text());
        for (int i = 0; i < segments.size(); i++) {
            if (segments.get(i).equals("*") || segments.get(i).equals("[]")) {
                names.add(i < written.size() ? written.get(i).replaceAll("[\"\\[\\]]", "") : "name");
            }
        }
        return names;
    }

    private static List<String> segments(String key) {
        return SEGMENT.matcher(key).results().map(MatchResult::group).toList();
    }
}
