package dev.sluice.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.redis.Traffic.Outcome;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.impl.types.ErrorType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users, passwords and TLS. */
class SharedStoreAccessTest {
    /** What the gateway needs, and no more; a cluster adds {@code +cluster|slots}. */
    private static final String USER = "user gate on >open:se@me ~test:* &test:* +@read +@write +@scripting +@connection"
            + " +@pubsub +time +info";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void aUserNeedsOnlyTheRightsThatAreDocumented() {
        try (TestRedis redis = TestRedis.start("user default off", USER)) {
            SharedStore store = redis.store(at("gate:open%3Ase%40me", redis), Duration.ofSeconds(1));
            Traffic traffic = new Traffic(redis.vertx());
            Script script = Scripts.of("redis.call('TIME') return redis.call('SET', KEYS[1], ARGV[1])");

            traffic.warm(store);
            Outcome written = traffic.ask(() -> store.run(script, List.of("test:v1:k"), List.of("v")));
            Outcome foreign = traffic.ask(() -> store.call(Command.GET, "other"));

            assertThat(written.answered()).isTrue();
            assertThat(traffic.ask(() -> store.call(Command.INFO, "memory")).answered()).isTrue();
            assertThat(foreign.error()).isInstanceOf(ErrorType.class).hasMessageStartingWith("NOPERM");
            assertThat(store.available()).isTrue();
        }
    }

    @Test
    void aWrongPasswordIsAnOutageThatSaysWhy() {
        try (TestRedis redis = TestRedis.start("requirepass right")) {
            SharedStore store = redis.store(at(":wrong", redis), Duration.ofSeconds(5));

            assertThatThrownBy(() -> store.call(Command.PING).await().indefinitely())
                    .isInstanceOf(StoreUnavailable.class).hasMessageContaining("WRONGPASS");
            assertThat(store.available()).isFalse();
        }
    }

    @Test
    void speaksTlsWithACertificateItTrusts(@TempDir Path folder) {
        TestCertificate certificate = TestCertificate.in(folder);
        int port = RedisProcess.freePort();
        try (TestRedis redis = TestRedis.start(certificate.settings(port))) {
            Traffic traffic = new Traffic(redis.vertx());
            SharedStore trusting = redis.store(tls(port, certificate.certificate()), Duration.ofSeconds(5));

            traffic.warm(trusting);

            assertThat(trusting.call(Command.ECHO, "hi").await().indefinitely().toString()).isEqualTo("hi");
        }
    }

    @Test
    void doesNotSpeakToACertificateItDoesNotTrust(@TempDir Path folder, @TempDir Path otherFolder) {
        TestCertificate certificate = TestCertificate.in(folder);
        int port = RedisProcess.freePort();
        try (TestRedis redis = TestRedis.start(certificate.settings(port))) {
            SharedStore distrusting = redis.store(tls(port, TestCertificate.in(otherFolder).certificate()),
                    PATIENCE);

            assertThatThrownBy(() -> distrusting.call(Command.PING).await().indefinitely())
                    .isInstanceOf(StoreUnavailable.class).hasMessageContaining("Redis cannot be reached");
        }
    }

    private static RedisOptions at(String userInfo, TestRedis redis) {
        return redis.options().setConnectionString("redis://" + userInfo + "@127.0.0.1:" + redis.port());
    }

    private static RedisOptions tls(int port, Path trusted) {
        RedisOptions options = new RedisOptions().setConnectionString("rediss://127.0.0.1:" + port);
        options.getNetClientOptions().setSsl(true).setHostnameVerificationAlgorithm("HTTPS")
                .setPemTrustOptions(new PemTrustOptions().addCertPath(trusted.toString()));
        return options;
    }
}
