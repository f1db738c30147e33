package dev.sluice.embedding;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A model as a file with a known hash: the library reads it from there, so that its bytes need no room in the heap. One
 * that lies nowhere but on the class path is written to a temporary file, which is gone when this is closed.
 */
final class ModelFile implements AutoCloseable {
    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final boolean temporary;

    private ModelFile(Path path, boolean temporary) {
        this.path = path;
        this.temporary = temporary;
    }

    /**
     * @param folder where the file lies; empty: on the class path
     * @throws IOException if it is missing there, or is another one
     */
    static ModelFile of(String name, String sha256, Optional<Path> folder) throws IOException {
        if (folder.isPresent()) {
            Path path = folder.get().resolve(name);
            try (InputStream in = Files.newInputStream(path)) {
                requireHash(path.toString(), sha256, in);
            }
            return new ModelFile(path, false);
        }
        ModelFile file = new ModelFile(Files.createTempFile("sluice-", ".onnx"), true);
        try (InputStream resource = ModelFile.class.getResourceAsStream("/" + name)) {
            if (resource == null) {
                throw new IOException(name + " is missing");
            }
            Files.copy(resource, file.path, StandardCopyOption.REPLACE_EXISTING);
            try (InputStream in = Files.newInputStream(file.path)) {
                requireHash(name, sha256, in);
            }
            return file;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** @throws IOException if what it reads is something else */
    static void requireHash(String name, String sha256, InputStream bytes) throws IOException {
        try {
            DigestInputStream in = new DigestInputStream(bytes, MessageDigest.getInstance("SHA-256"));
            byte[] chunk = new byte[CHUNK];
            while (in.read(chunk) >= 0) {
                // the digest is what is wanted
            }
            String found = HexFormat.of().formatHex(in.getMessageDigest().digest());
            if (!found.equals(sha256)) {
                throw new IOException(name + " has the SHA-256 " + found + ", expected was " + sha256);
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256.", e);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        if (temporary) {
            Files.deleteIfExists(path);
        }
    }
}
