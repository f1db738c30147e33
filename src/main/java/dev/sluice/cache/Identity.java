package dev.sluice.cache;

import dev.sluice.Model;
import dev.sluice.Request;
import dev.sluice.json.CanonicalForm;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What makes two requests the same: equal identities may share an answer, and no others.
 * <p>
 * SHA-256 over the endpoint, the scope, the model that serves (its provider, its name and its name there) and the
 * forwarded headers that change answers, the canonical form of every member the client sent, known or not; left out are only members that cannot change the answer.
 * It is over what the client sent and nothing else: an output bound that the gateway adds is no part of it, which is why
 * an answer that such a bound cut off is never stored.
 *
 * @param value 43 characters of base64url
 */
record Identity(String value) {
    /** Changes whenever the computation does, so that replicas of two versions never share entries. */
    private static final String VERSION = "sluice-identity-1";

    /** {@code model} is left out because it may ask the gateway to choose; the model chosen stands for it. */
    private static final Set<String> WITHOUT_EFFECT = Set.of("model", "stream", "stream_options", "user",
            "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "metadata");

    static Identity of(Request request, Model model, Scope scope) {
        return new Identity(hash(VERSION, request, model, scope, node -> false));
    }

    /**
     * Of a request that asks for several things at once, which have nothing to do with one another: the identity of each.
     *
     * @param member the one that lists them
     * @param values where they stand in the body
     */
    static List<Identity> ofEach(Request request, Model model, Scope scope, String member, int[] values) {
        Set<String> apart = new HashSet<>(WITHOUT_EFFECT);
        apart.add(member);
        MessageDigest shared = begun(VERSION, request, model, scope);
        CanonicalForm.write(request.body(), apart, shared::update);
        List<Identity> identities = new ArrayList<>(values.length);
        for (int value : values) {
            MessageDigest digest = copy(shared);
            CanonicalForm.write(request.body(), value, digest::update);
            identities.add(of(digest));
        }
        return identities;
    }

    /** @param blank values of the body that do not count */
    static String hash(String version, Request request, Model model, Scope scope, IntPredicate blank) {
        MessageDigest digest = begun(version, request, model, scope);
        CanonicalForm.write(request.body(), WITHOUT_EFFECT, blank, digest::update);
        return text(digest);
    }

    private static MessageDigest begun(String version, Request request, Model model, Scope scope) {
        MessageDigest digest = sha256();
        part(digest, version);
        part(digest, request.endpoint().path());
        part(digest, scope.kind().name());
        part(digest, scope.tenant());
        part(digest, scope.key());
        part(digest, model.provider());
        part(digest, model.name());
        part(digest, model.upstreamName());
        request.headers().keySet().stream().sorted().forEach(name -> {
            part(digest, name);
            part(digest, request.headers().get(name));
        });
        return digest;
    }

    private static Identity of(MessageDigest digest) {
        return new Identity(text(digest));
    }

    /** 43 characters of base64url. */
    static String text(MessageDigest digest) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest());
    }

    private static MessageDigest copy(MessageDigest digest) {
        try {
            return (MessageDigest) digest.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("Every JDK's SHA-256 can be copied.", e);
        }
    }

    /** With its length before it, so that no two lists of parts give the same bytes. */
    static void part(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update((byte) (bytes.length >> 24));
        digest.update((byte) (bytes.length >> 16));
        digest.update((byte) (bytes.length >> 8));
        digest.update((byte) bytes.length);
        digest.update(bytes);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256.", e);
        }
    }
}
