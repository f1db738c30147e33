package dev.sluice.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import dev.sluice.config.Secret;
import dev.sluice.config.Settings;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PieceCodecTest {
    private static final Identity IDENTITY = new Identity("identity");
    private static final Scope SCOPE = new Scope(Settings.Scope.TENANT, "t", "");
    private static final Lease LEASE = Lease.of("key", "replica", 7, "");
    private static final Piece FIRST = new Piece(1, Optional.of(new Piece.Head("m", "text/event-stream", 1L << 50)),
            bytes("data: 1\n\n"), Optional.empty());
    private static final Piece MIDDLE = new Piece(2, Optional.empty(), bytes("data: 2\n\ndata: é\n\n"),
            Optional.empty());
    private static final Piece LAST = new Piece(3, Optional.empty(), bytes(""), Optional.of(new Piece.Last(
            Optional.empty(), new Usage(100, 10, 20, 30, 50), true, bytes("data: [DONE]\n\n"))));
    private static final Piece FAILED = new Piece(1, Optional.of(new Piece.Head("m", "text/event-stream", 1L << 50)),
            bytes(""),
            Optional.of(new Piece.Last(Optional.of(Refusal.of(504, "upstream_error", "upstream_timeout", "Idle.")),
                    Usage.NONE, false, bytes(""))));
    private static final List<Piece> ALL = List.of(FIRST, MIDDLE, LAST, FAILED);

    private final PieceCodec open = new PieceCodec(Seal.NONE);
    private final PieceCodec sealed = codec("secret", null);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static PieceCodec codec(String current, String previous) {
        return new PieceCodec(new Seal(Optional.ofNullable(current).map(Secret::new),
                Optional.ofNullable(previous).map(Secret::new)));
    }

    private static void isThere(Optional<Piece> found, Piece expected) {
        assertThat(found).get().usingRecursiveComparison().isEqualTo(expected);
    }

    @Test
    void whatWasWrittenIsRead() {
        for (PieceCodec codec : List.of(open, sealed)) {
            for (Piece piece : ALL) {
                isThere(codec.decode(codec.encode(piece, LEASE, IDENTITY, SCOPE), LEASE, IDENTITY, SCOPE), piece);
            }
        }
    }

    @Test
    void aPieceIsForOneStreamOfOneIdentityInOneScope() {
        byte[] piece = sealed.encode(MIDDLE, LEASE, IDENTITY, SCOPE);

        assertThat(sealed.decode(piece, Lease.of("key", "replica", 8, ""), IDENTITY, SCOPE)).isEmpty();
        assertThat(sealed.decode(piece, LEASE, new Identity("another"), SCOPE)).isEmpty();
        assertThat(sealed.decode(piece, LEASE, IDENTITY, new Scope(Settings.Scope.TENANT, "u", ""))).isEmpty();
        assertThat(open.decode(open.encode(MIDDLE, LEASE, IDENTITY, SCOPE), Lease.of("key", "replica", 8, ""),
                IDENTITY, SCOPE)).isEmpty();
    }

    @Test
    void withASecretOnlyWhatWasSealedWithItOrTheOneBeforeIsRead() {
        byte[] piece = sealed.encode(MIDDLE, LEASE, IDENTITY, SCOPE);

        isThere(codec("new", "secret").decode(piece, LEASE, IDENTITY, SCOPE), MIDDLE);
        isThere(open.decode(piece, LEASE, IDENTITY, SCOPE), MIDDLE);
        assertThat(codec("new", null).decode(piece, LEASE, IDENTITY, SCOPE)).isEmpty();
        assertThat(sealed.decode(open.encode(MIDDLE, LEASE, IDENTITY, SCOPE), LEASE, IDENTITY, SCOPE)).isEmpty();
    }

    @Test
    void oneChangedBitIsEnough() {
        for (Piece piece : ALL) {
            byte[] bytes = sealed.encode(piece, LEASE, IDENTITY, SCOPE);
            for (int i = 0; i < bytes.length * 8; i++) {
                byte[] changed = bytes.clone();
                changed[i / 8] ^= (byte) (1 << i % 8);
                assertThat(sealed.decode(changed, LEASE, IDENTITY, SCOPE)).as("bit %d", i).isEmpty();
            }
        }
    }

    @Test
    void whatIsTornOrLongerIsNone() {
        for (PieceCodec codec : List.of(open, sealed)) {
            for (Piece piece : ALL) {
                byte[] bytes = codec.encode(piece, LEASE, IDENTITY, SCOPE);
                for (int length = 0; length < bytes.length; length++) {
                    assertThat(codec.decode(Arrays.copyOf(bytes, length), LEASE, IDENTITY, SCOPE)).isEmpty();
                }
                assertThat(codec.decode(Arrays.copyOf(bytes, bytes.length + 1), LEASE, IDENTITY, SCOPE)).isEmpty();
            }
        }
    }
}
