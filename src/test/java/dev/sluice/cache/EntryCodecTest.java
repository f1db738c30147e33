package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Usage;
import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryCodecTest {
    private static final int MAX = 100_000;
    private static final Identity IDENTITY = new Identity("identity");
    private static final Scope SCOPE = new Scope(Settings.Scope.TENANT, "tenant", "");
    private final EntryCodec codec = new EntryCodec(MAX, Seal.NONE);
    private final Random random = new Random(7);

    @ParameterizedTest
    @ValueSource(ints = { 0, 1, 4095, 4096, 50_000, MAX})
    void writesAndReads(int size) {
        for (byte[] body : new byte[][]{ text(size), noise(size)}) {
            Entry entry = entry(body);

            byte[] bytes = codec.encode(entry, IDENTITY, SCOPE);

            assertThat(codec.decode(bytes, IDENTITY, SCOPE)).get().usingRecursiveComparison().isEqualTo(entry);
        }
    }

    @Test
    void deflatesWhereItPays() {
        assertThat(codec.encode(entry(text(50_000)), IDENTITY, SCOPE).length).isLessThan(5_000);
        assertThat(codec.encode(entry(noise(50_000)), IDENTITY, SCOPE).length).isBetween(50_000, 50_200);
        assertThat(codec.encode(entry(text(1_000)), IDENTITY, SCOPE).length).isBetween(1_000, 1_200);
    }

    @Test
    void whatEndedMidwayLeavesNothingToTheNext() {
        Entry entry = entry(text(5_000));
        byte[] bytes = codec.encode(entry, IDENTITY, SCOPE);

        codec.encode(entry(noise(50_000)), IDENTITY, SCOPE);
        assertThat(codec.encode(entry, IDENTITY, SCOPE)).isEqualTo(bytes);

        assertThat(codec.decode(checked(Arrays.copyOf(bytes, bytes.length - 10)), IDENTITY, SCOPE)).isEmpty();
        assertThat(codec.decode(checked(Arrays.copyOf(bytes, bytes.length + 1)), IDENTITY, SCOPE)).isEmpty();
        assertThat(codec.decode(bytes, IDENTITY, SCOPE)).get().usingRecursiveComparison().isEqualTo(entry);
    }

    @Test
    void readsNothingBeyondTheBound() {
        byte[] bytes = new EntryCodec(MAX + 1, Seal.NONE).encode(entry(text(MAX + 1)), IDENTITY, SCOPE);

        assertThat(codec.decode(bytes, IDENTITY, SCOPE)).isEmpty();
        assertThat(codec.fits(text(MAX))).isTrue();
        assertThat(codec.fits(text(MAX + 1))).isFalse();
    }

    @Test
    void readsNoOtherVersion() {
        byte[] bytes = codec.encode(entry(text(100)), IDENTITY, SCOPE);
        bytes[0]++;

        assertThat(codec.decode(bytes, IDENTITY, SCOPE)).isEmpty();
    }

    @Test
    void readsNothingThatWasTornOrAddedTo() {
        for (byte[] body : new byte[][]{ text(100), text(5_000)}) {
            byte[] whole = codec.encode(entry(body), IDENTITY, SCOPE);
            for (int length = 0; length < whole.length; length++) {
                assertThat(codec.decode(Arrays.copyOf(whole, length), IDENTITY, SCOPE)).isEmpty();
                assertThat(codec.decode(checked(Arrays.copyOf(whole, length)), IDENTITY, SCOPE)).isEmpty();
            }
            assertThat(codec.decode(checked(Arrays.copyOf(whole, whole.length + 1)), IDENTITY, SCOPE)).isEmpty();
        }
    }

    @Test
    void readsNoFlippedBit() {
        byte[] whole = codec.encode(entry(text(5_000)), IDENTITY, SCOPE);
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            whole[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(codec.decode(whole, IDENTITY, SCOPE)).isEmpty();
            whole[bit / 8] ^= (byte) (1 << bit % 8);
        }
    }

    /** With a checksum that is right, so that what lies behind it is reached. */
    @Test
    void survivesWhateverItIsGiven() {
        byte[][] seeds = { codec.encode(entry(text(300)), IDENTITY, SCOPE),
                codec.encode(entry(text(5_000)), IDENTITY, SCOPE)};
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes;
            if (round % 2 == 0) {
                bytes = noise(random.nextInt(300));
                if (bytes.length > 0) {
                    bytes[0] = 3;
                }
            } else {
                bytes = seeds[random.nextInt(2)].clone();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    bytes[5 + random.nextInt(random.nextBoolean() ? 90 : bytes.length - 5)] = (byte) random.nextInt();
                }
            }
            codec.decode(checked(bytes), IDENTITY, SCOPE)
                    .ifPresent(entry -> assertThat(entry.body().length).isLessThanOrEqualTo(MAX));
        }
    }

    private static EntryCodec sealing(String current, String previous) {
        return new EntryCodec(MAX,
                new Seal(Optional.ofNullable(current).map(Secret::new),
                        Optional.ofNullable(previous).map(Secret::new)));
    }

    @Test
    void readsOnlyWhatIsSealedWithTheSecretOrTheOneBefore() {
        Entry entry = entry(text(5_000));
        byte[] sealed = sealing("new", null).encode(entry, IDENTITY, SCOPE);
        byte[] before = sealing("old", null).encode(entry, IDENTITY, SCOPE);
        EntryCodec rotated = sealing("new", "old");

        assertThat(rotated.decode(sealed, IDENTITY, SCOPE)).get().usingRecursiveComparison().isEqualTo(entry);
        assertThat(rotated.decode(before, IDENTITY, SCOPE)).isPresent();
        assertThat(sealing("new", null).decode(before, IDENTITY, SCOPE)).isEmpty();
        assertThat(sealing("old", null).decode(rotated.encode(entry, IDENTITY, SCOPE), IDENTITY, SCOPE)).isEmpty();
        assertThat(rotated.decode(codec.encode(entry, IDENTITY, SCOPE), IDENTITY, SCOPE)).isEmpty();
        assertThat(codec.decode(sealed, IDENTITY, SCOPE)).isPresent();
    }

    @Test
    void aSealHoldsForOneIdentityInOneScope() {
        EntryCodec sealing = sealing("secret", null);
        byte[] sealed = sealing.encode(entry(text(100)), IDENTITY, SCOPE);

        assertThat(sealing.decode(sealed, new Identity("another"), SCOPE)).isEmpty();
        assertThat(sealing.decode(sealed, IDENTITY, new Scope(Settings.Scope.TENANT, "another", ""))).isEmpty();
        assertThat(sealing.decode(sealed, IDENTITY, new Scope(Settings.Scope.KEY, "tenant", ""))).isEmpty();
    }

    @Test
    void noByteOfASealedEntryCanBeChanged() {
        EntryCodec sealing = sealing("secret", null);
        byte[] sealed = sealing.encode(entry(text(100)), IDENTITY, SCOPE);

        for (int i = 5; i < sealed.length; i++) {
            byte[] forged = sealed.clone();
            forged[i] ^= 1;
            assertThat(sealing.decode(checked(forged), IDENTITY, SCOPE)).as("byte " + i).isEmpty();
        }
        byte[] unsealed = Arrays.copyOf(sealed, sealed.length - Seal.LENGTH);
        unsealed[5] = 0;
        assertThat(sealing.decode(checked(unsealed), IDENTITY, SCOPE)).isEmpty();
    }

    private static byte[] checked(byte[] bytes) {
        if (bytes.length >= 5) {
            CRC32C crc = new CRC32C();
            crc.update(bytes, 5, bytes.length - 5);
            ByteBuffer.wrap(bytes).putInt(1, (int) crc.getValue());
        }
        return bytes;
    }

    private static Entry entry(byte[] body) {
        return new Entry(1_700_000_000_000_000L, 1_700_000_007_200_000L, 1_699_999_999_000_000L, "tenant", "ä/model",
                new Usage(100, 20, 30, 40, Integer.MAX_VALUE + 1L),
                new Subject("partition", "Wie heißt das?"), "application/json; charset=utf-8", body);
    }

    private static byte[] text(int size) {
        return "{\"content\":\"much the same again and again\"},".repeat(size / 40 + 1).substring(0, size)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] noise(int size) {
        byte[] noise = new byte[size];
        random.nextBytes(noise);
        return noise;
    }
}
