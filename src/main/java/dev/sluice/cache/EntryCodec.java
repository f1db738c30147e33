package dev.sluice.cache;

import dev.sluice.Usage;
import dev.sluice.config.Settings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * An entry as Redis keeps it, big-endian:
 *
 * <pre>
 * version 1 | CRC-32C of the rest 4 | flags 1 | created 8 | expires 8 | purges seen 8
 * | tokens: input 8, cached input 8, cache write 8, for an hour 8, output 8 | tenant | model | partition | question
 * | content type | length of the body 4 | body | seal 32
 * </pre>
 *
 * where there is a {@link Seal} only where we have a secret, and a text is its length in two bytes and its UTF-8. A body of some size is deflated where that spares a fifth.
 * Whatever is not exactly this is no entry: another version's, a torn or foreign value is as good as nothing.
 */
final class EntryCodec {
    private static final byte VERSION = 3;
    private static final byte DEFLATED = 1;
    private static final byte SEALED = 2;
    private static final int CHECKED_FROM = 5;
    private static final int FIXED = CHECKED_FROM + 1 + 8 * Long.BYTES + 5 * Short.BYTES + Integer.BYTES;
    private static final int WORTH_DEFLATING = 4096;

    // One for each thread: zlib allocates and clears a quarter of a megabyte for each that deflates.
    private static final ThreadLocal<Deflater> DEFLATER = ThreadLocal
            .withInitial(() -> new Deflater(Deflater.BEST_SPEED, true));
    private static final ThreadLocal<Inflater> INFLATER = ThreadLocal.withInitial(() -> new Inflater(true));

    private final int maxBodyBytes;
    private final Seal seal;

    /** @param maxBodyBytes entries whose body is longer are neither written nor read */
    EntryCodec(int maxBodyBytes, Seal seal) {
        this.maxBodyBytes = maxBodyBytes;
        this.seal = seal;
    }

    static EntryCodec of(Settings.Cache settings) {
        return new EntryCodec(settings.maxEntryBytes(), Seal.of(settings));
    }

    int maxBodyBytes() {
        return maxBodyBytes;
    }

    boolean fits(byte[] body) {
        return body.length <= maxBodyBytes;
    }

    /**
     * @param identity under which it is going to be found, and nowhere else
     * @param scope the same
     */
    byte[] encode(Entry entry, Identity identity, Scope scope) {
        byte[] tenant = entry.tenant().getBytes(StandardCharsets.UTF_8);
        byte[] model = entry.model().getBytes(StandardCharsets.UTF_8);
        byte[] partition = entry.subject().partition().getBytes(StandardCharsets.UTF_8);
        byte[] question = entry.subject().question().getBytes(StandardCharsets.UTF_8);
        byte[] contentType = entry.contentType().getBytes(StandardCharsets.UTF_8);
        byte[] deflated = deflate(entry.body());
        byte[] body = deflated == null ? entry.body() : deflated;
        int sealing = seal.required() ? Seal.LENGTH : 0;
        ByteBuffer out = ByteBuffer.allocate(FIXED + tenant.length + model.length + partition.length + question.length
                + contentType.length + body.length + sealing);
        out.put(VERSION).putInt(0).put((byte) ((deflated == null ? 0 : DEFLATED) | (sealing == 0 ? 0 : SEALED)));
        out.putLong(entry.createdAt()).putLong(entry.expiresAt()).putLong(entry.purgesSeen());
        Usage usage = entry.usage();
        out.putLong(usage.inputTokens()).putLong(usage.cachedInputTokens()).putLong(usage.cacheWriteTokens())
                .putLong(usage.longCacheWriteTokens()).putLong(usage.outputTokens());
        putText(out, tenant);
        putText(out, model);
        putText(out, partition);
        putText(out, question);
        putText(out, contentType);
        out.putInt(entry.body().length).put(body);
        if (sealing > 0) {
            out.put(seal.of(out.array(), CHECKED_FROM, out.position(), identity, scope));
        }
        out.putInt(1, checksum(out.array()));
        return out.array();
    }

    /** Empty where these bytes are not an entry of this version, not a sound one, or not ours for this place. */
    Optional<Entry> decode(byte[] bytes, Identity identity, Scope scope) {
        if (bytes.length < FIXED || bytes[0] != VERSION) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        if (in.getInt() != checksum(bytes)) {
            return Optional.empty();
        }
        byte flags = in.get();
        boolean sealed = (flags & SEALED) != 0;
        int end = bytes.length - (sealed ? Seal.LENGTH : 0);
        if (end < FIXED || seal.required()
                && !(sealed && seal.isOn(bytes, CHECKED_FROM, end, identity, scope))) {
            return Optional.empty();
        }
        in.limit(end);
        long created = in.getLong();
        long expires = in.getLong();
        long purgesSeen = in.getLong();
        long input = in.getLong();
        long cachedInput = in.getLong();
        long cacheWrite = in.getLong();
        long longCacheWrite = in.getLong();
        long output = in.getLong();
        String tenant = text(in);
        String model = text(in);
        String partition = text(in);
        String question = text(in);
        String contentType = text(in);
        if (contentType == null || in.remaining() < Integer.BYTES || input < 0 || cachedInput < 0
                || cacheWrite < 0 || longCacheWrite < 0 || output < 0
                || cachedInput > input || cacheWrite > input - cachedInput
                || longCacheWrite > input - cachedInput - cacheWrite) {
            return Optional.empty();
        }
        byte[] body = body(in, flags & ~SEALED);
        return body == null
                ? Optional.empty()
                : Optional.of(new Entry(created, expires, purgesSeen, tenant, model,
                        new Usage(input, cachedInput, cacheWrite, longCacheWrite, output),
                        new Subject(partition, question), contentType, body));
    }

    private byte[] body(ByteBuffer in, int flags) {
        int length = in.getInt();
        if (length < 0 || length > maxBodyBytes) {
            return null;
        }
        if (flags == DEFLATED) {
            return inflate(in.array(), in.position(), in.remaining(), length);
        }
        return flags == 0 && in.remaining() == length
                ? Arrays.copyOfRange(in.array(), in.position(), in.limit())
                : null;
    }

    private static void putText(ByteBuffer out, byte[] text) {
        out.putShort((short) text.length).put(text);
    }

    /** Null where it does not fit, also after one that did not. */
    private static String text(ByteBuffer in) {
        int length = in.remaining() < Short.BYTES ? Integer.MAX_VALUE : Short.toUnsignedInt(in.getShort());
        if (length > in.remaining()) {
            in.position(in.limit());
            return null;
        }
        String text = new String(in.array(), in.position(), length, StandardCharsets.UTF_8);
        in.position(in.position() + length);
        return text;
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, CHECKED_FROM, bytes.length - CHECKED_FROM);
        return (int) crc.getValue();
    }

    /** Null where it does not pay. */
    private static byte[] deflate(byte[] body) {
        if (body.length < WORTH_DEFLATING) {
            return null;
        }
        Deflater deflater = DEFLATER.get();
        try {
            deflater.setInput(body);
            deflater.finish();
            byte[] out = new byte[body.length - body.length / 5];
            int length = deflater.deflate(out);
            return deflater.finished() ? Arrays.copyOf(out, length) : null;
        } finally {
            deflater.reset();
        }
    }

    private static byte[] inflate(byte[] bytes, int offset, int size, int length) {
        Inflater inflater = INFLATER.get();
        try {
            inflater.setInput(bytes, offset, size);
            byte[] body = new byte[length];
            int filled = 0;
            while (filled < length) {
                int more = inflater.inflate(body, filled, length - filled);
                if (more == 0) {
                    return null;
                }
                filled += more;
            }
            boolean ended = inflater.finished() || inflater.inflate(new byte[1]) == 0 && inflater.finished();
            return ended && inflater.getRemaining() == 0 ? body : null;
        } catch (DataFormatException e) {
            return null;
        } finally {
            inflater.reset();
        }
    }
}
