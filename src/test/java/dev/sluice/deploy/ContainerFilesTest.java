package dev.sluice.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No engine builds images here; what can be known of them without one. */
class ContainerFilesTest {
    private static final Path DOCKER = Path.of("deploy", "docker");
    private static final Pattern FROM = Pattern.compile("^FROM (\\S+)(?: AS (\\S+))?$", Pattern.MULTILINE);
    private static final Pattern COPY = Pattern.compile("^COPY (?:--\\S+ )*(.+)$", Pattern.MULTILINE);
    private static final Pattern EXACT = Pattern.compile(".+:v?\\d+\\.\\d+\\.\\d+.*|.+@sha256:[0-9a-f]{64}");
    private static final Pattern IMAGE = Pattern.compile("image: \"?([^\\s\"]+)");

    @ParameterizedTest
    @ValueSource(strings = { "Dockerfile.native", "Dockerfile.jvm"})
    void basesArePinnedToOneVersion(String file) throws IOException {
        Set<String> stages = new HashSet<>(Set.of("scratch"));
        Matcher from = FROM.matcher(Files.readString(DOCKER.resolve(file)));

        List<String> bases = new ArrayList<>();
        while (from.find()) {
            if (!stages.contains(from.group(1))) {
                bases.add(from.group(1));
            }
            stages.add(from.group(2));
        }
        assertThat(bases).isNotEmpty().allMatch(base -> EXACT.matcher(base).matches());
    }

    @Test
    void theServicesAroundUsArePinnedToo() throws IOException {
        for (String file : List.of("compose/compose.yaml", "kubernetes/overlays/dev/redis.yaml")) {
            Matcher image = IMAGE.matcher(Files.readString(Path.of("deploy").resolve(file)));
            while (image.find()) {
                if (!image.group(1).startsWith("sluice:")) {
                    assertThat(image.group(1)).matches(EXACT);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "Dockerfile.native", "Dockerfile.jvm"})
    void whatIsCopiedFromTheContextExistsAndIsNotIgnored(String file) throws IOException {
        List<String> allowed = Files.readAllLines(Path.of(".dockerignore")).stream()
                .filter(line -> line.startsWith("!")).map(line -> line.substring(1)).toList();
        Matcher copy = COPY.matcher(Files.readString(DOCKER.resolve(file)));
        while (copy.find()) {
            if (copy.group().contains("--from=")) {
                continue;
            }
            List<String> words = List.of(copy.group(1).split(" "));
            assertThat(words.subList(0, words.size() - 1)).isNotEmpty().allSatisfy(source -> {
                assertThat(Path.of(source)).exists();
                assertThat(allowed).contains(source);
            });
        }
    }

    @Test
    void theNativeImageHoldsNoShellAndRunsAsNobody() throws IOException {
        String file = Files.readString(DOCKER.resolve("Dockerfile.native"));
        String last = file.substring(file.lastIndexOf("FROM "));

        assertThat(last).startsWith("FROM scratch").contains("USER 10001:10001").doesNotContain("RUN ")
                .contains("HEALTHCHECK").contains("ENTRYPOINT [\"/app/sluice\"");
    }

    @Test
    void everyFileThatComposeMountsExists() throws IOException {
        Path compose = Path.of("deploy", "compose");
        Matcher mount = Pattern.compile("\"?(\\.{1,2}/[^:\"]+):/")
                .matcher(Files.readString(compose.resolve("compose.yaml")));
        List<Path> mounted = new ArrayList<>();
        while (mount.find()) {
            mounted.add(compose.resolve(mount.group(1)));
        }

        assertThat(mounted).hasSizeGreaterThan(4).allSatisfy(path -> assertThat(path).exists());
        try (Stream<Path> dashboards = Files.list(Path.of("deploy", "grafana"))) {
            assertThat(dashboards).isNotEmpty();
        }
    }
}
