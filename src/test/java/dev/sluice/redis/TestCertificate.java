package dev.sluice.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** A self-signed certificate for 127.0.0.1 and its key, as PEM files. */
public record TestCertificate(Path certificate, Path key) {
    private static final String PASSWORD = "password";

    public static TestCertificate in(Path folder) {
        try {
            Path store = folder.resolve("redis.p12");
            Process keytool = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias",
                    "redis", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=ip:127.0.0.1,dns:localhost",
                    "-keystore", store.toString(), "-storepass", PASSWORD)
                    .redirectErrorStream(true).redirectOutput(folder.resolve("keytool.log").toFile()).start();
            if (keytool.waitFor() != 0) {
                throw new IllegalStateException(Files.readString(folder.resolve("keytool.log")));
            }
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            return new TestCertificate(
                    pem(folder.resolve("redis.crt"), "CERTIFICATE", keys.getCertificate("redis").getEncoded()),
                    pem(folder.resolve("redis.key"), "PRIVATE KEY",
                            keys.getKey("redis", PASSWORD.toCharArray()).getEncoded()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static Path pem(Path file, String kind, byte[] der) throws IOException {
        return Files.write(file, List.of("-----BEGIN " + kind + "-----",
                Base64.getMimeEncoder(64, new byte[]{ '\n'}).encodeToString(der), "-----END " + kind + "-----"));
    }

    /** Lines of redis.conf: TLS on this port, next to the plain one, without certificates of clients. */
    public String[] settings(int tlsPort) {
        return new String[]{ "tls-port " + tlsPort, "tls-cert-file " + certificate, "tls-key-file " + key,
                "tls-ca-cert-file " + certificate, "tls-auth-clients no"};
    }
}
