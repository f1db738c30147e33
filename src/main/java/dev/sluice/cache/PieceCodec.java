package dev.sluice.cache;

import dev.sluice.Reply.Refusal;
import dev.sluice.Usage;
import dev.sluice.cache.Piece.Head;
import dev.sluice.cache.Piece.Last;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A piece of a running stream as Redis keeps it, big-endian:
 *
 * <pre>
 * "sluice piece 1 " | flags 1 | lease | number 8 | events
 * | with the first: model, content type, expires 8
 * | with the last: tokens: input 8, cached input 8, cache write 8, for an hour 8, output 8 | rest
 * | with the last of a stream that failed: status 4, type, code, message
 * | seal 32
 * </pre>
 *
 * where there is a {@link Seal} only where we have a secret, and a text or a run of bytes is its length in four bytes and
 * itself. The seal is over the lease and the number too, so that no piece can be put into another stream or another place.
 * Whatever is not exactly this is no piece, another version's among them.
 */
final class PieceCodec {
    private static final byte[] MARK = "sluice piece 1 ".getBytes(StandardCharsets.US_ASCII);
    private static final int FIRST = 1;
    private static final int LAST = 2;
    private static final int CUT_SHORT = 4;
    private static final int FAILED = 8;
    private static final int SEALED = 16;

    private final Seal seal;

    PieceCodec(Seal seal) {
        this.seal = seal;
    }

    /** @param identity of the request, in which scope; nobody else can read the piece where there is a seal */
    byte[] encode(Piece piece, Lease lease, Identity identity, Scope scope) {
        Last last = piece.last().orElse(null);
        Refusal failure = last == null ? null : last.failure().orElse(null);
        byte[] of = utf8(lease.value());
        byte[] model = utf8(piece.head().map(Head::model).orElse(""));
        byte[] contentType = utf8(piece.head().map(Head::contentType).orElse(""));
        byte[] rest = last == null ? new byte[0] : last.rest();
        byte[] type = utf8(failure == null ? "" : failure.type());
        byte[] code = utf8(failure == null ? "" : failure.code().orElse(""));
        byte[] message = utf8(failure == null ? "" : failure.message());
        ByteBuffer out = ByteBuffer.allocate(MARK.length + 1 + 9 * Integer.BYTES + 7 * Long.BYTES + of.length
                + piece.events().length + model.length + contentType.length + rest.length + type.length + code.length
                + message.length + Seal.LENGTH);
        out.put(MARK).put((byte) ((piece.head().isPresent() ? FIRST : 0) | (last == null ? 0 : LAST)
                | (last != null && last.cutShort() ? CUT_SHORT : 0) | (failure == null ? 0 : FAILED)
                | (seal.required() ? SEALED : 0)));
        put(out, of);
        out.putLong(piece.number());
        put(out, piece.events());
        if (piece.head().isPresent()) {
            put(out, model);
            put(out, contentType);
            out.putLong(piece.head().get().expiresAt());
        }
        if (last != null) {
            Usage usage = last.usage();
            out.putLong(usage.inputTokens()).putLong(usage.cachedInputTokens()).putLong(usage.cacheWriteTokens())
                    .putLong(usage.longCacheWriteTokens()).putLong(usage.outputTokens());
            put(out, rest);
        }
        if (failure != null) {
            out.putInt(failure.status());
            put(out, type);
            put(out, code);
            put(out, message);
        }
        if (seal.required()) {
            out.put(seal.of(out.array(), 0, out.position(), identity, scope));
        }
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /** Empty where these bytes are not a piece of this version, not a sound one, or not one of this very stream. */
    Optional<Piece> decode(byte[] bytes, Lease lease, Identity identity, Scope scope) {
        if (bytes.length <= MARK.length || !startsWithMark(bytes)) {
            return Optional.empty();
        }
        int flags = bytes[MARK.length];
        boolean sealed = (flags & SEALED) != 0;
        int end = bytes.length - (sealed ? Seal.LENGTH : 0);
        if (end <= MARK.length || seal.required() && !(sealed && seal.isOn(bytes, 0, end, identity, scope))) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, MARK.length + 1, end - MARK.length - 1);
        try {
            Optional<Piece> piece = text(in).equals(lease.value())
                    ? Optional.of(piece(in, flags))
                    : Optional.empty();
            return in.hasRemaining() ? Optional.empty() : piece;
        } catch (BufferUnderflowException | IllegalArgumentException notOurs) {
            return Optional.empty();
        }
    }

    private static Piece piece(ByteBuffer in, int flags) {
        long number = in.getLong();
        byte[] events = bytes(in);
        Optional<Head> head = (flags & FIRST) == 0
                ? Optional.empty()
                : Optional.of(new Head(text(in), text(in), in.getLong()));
        if ((flags & LAST) == 0) {
            return new Piece(number, head, events, Optional.empty());
        }
        Usage usage = new Usage(in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong());
        byte[] rest = bytes(in);
        Optional<Refusal> failure = (flags & FAILED) == 0
                ? Optional.empty()
                : Optional.of(Refusal.of(in.getInt(), text(in), text(in), text(in)));
        return new Piece(number, head, events,
                Optional.of(new Last(failure, usage, (flags & CUT_SHORT) != 0, rest)));
    }

    private static boolean startsWithMark(byte[] bytes) {
        for (int i = 0; i < MARK.length; i++) {
            if (bytes[i] != MARK[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void put(ByteBuffer out, byte[] bytes) {
        out.putInt(bytes.length).put(bytes);
    }

    private static byte[] bytes(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer in) {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }
}
