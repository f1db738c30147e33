package dev.sluice.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The pieces of configuration that the README shows. */
public final class ReadmeExamples {
    private static final Pattern PROVIDER = Pattern.compile("^\\*\\*([^*]+)\\*\\*[^\\n]*\\n```yaml\\n(.*?)^```$",
            Pattern.MULTILINE | Pattern.DOTALL);

    private ReadmeExamples() {
    }

    static String text() throws IOException {
        return Files.readString(Path.of("README.md"));
    }

    /** The YAML for each provider by the name in bold above it. */
    public static Map<String, String> providers() throws IOException {
        Map<String, String> examples = new LinkedHashMap<>();
        Matcher example = PROVIDER.matcher(text());
        while (example.find()) {
            examples.put(example.group(1), example.group(2));
        }
        return examples;
    }
}
