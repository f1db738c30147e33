package dev.sluice.embedding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder of a native executable. The embedding model and the libraries that run it lie there as files, because what
 * an executable carries inside stays in memory once it has been read, beside what is made of it. An executable that was
 * taken elsewhere on its own has them inside all the same.
 */
final class Installation {
    private static final Path EXECUTABLE = Path.of("/proc/self/exe");

    private Installation() {
    }

    /** Empty where one of these files is not there, and in a JVM, where the class path has everything. */
    static Optional<Path> folder(List<String> files) throws IOException {
        if (!"runtime".equals(System.getProperty("org.graalvm.nativeimage.imagecode"))) {
            return Optional.empty();
        }
        Path folder = EXECUTABLE.toRealPath().getParent();
        return files.stream().allMatch(file -> Files.exists(folder.resolve(file)))
                ? Optional.of(folder)
                : Optional.empty();
    }
}
