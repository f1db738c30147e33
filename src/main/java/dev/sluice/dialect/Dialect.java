package dev.sluice.dialect;

import dev.sluice.Endpoint;
import dev.sluice.Refused;
import dev.sluice.Reply.Refusal;
import dev.sluice.Request;
import dev.sluice.sse.SseEvent;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How requests, answers, streams and errors of one endpoint are written. Whoever handles bytes of a client or a provider
 * asks the dialect what they mean; nobody else knows the names of their members. Stateless, and safe for all threads.
 */
public sealed interface Dialect permits ChatDialect, MessagesDialect, ResponsesDialect, EmbeddingsDialect {

    static Dialect of(Endpoint endpoint) {
        return switch (endpoint) {
            case CHAT_COMPLETIONS -> ChatDialect.INSTANCE;
            case MESSAGES -> MessagesDialect.INSTANCE;
            case RESPONSES -> ResponsesDialect.INSTANCE;
            case EMBEDDINGS -> EmbeddingsDialect.INSTANCE;
        };
    }

    Endpoint endpoint();

    /**
     * Reads what a client sent. Only what the gateway itself acts on is checked; the provider judges the rest, because it
     * may know members that we do not.
     *
     * @param body kept, not copied
     * @throws Refused with 400 when this is not a request that can be served
     */
    Request read(byte[] body);

    /** The body of a response that says no. */
    byte[] error(Refusal refusal);

    /** The last event of a stream that fails midway. */
    SseEvent errorEvent(Refusal refusal);

    /** The members of a request that bound the output tokens of a choice, any of which a client may set. */
    Set<String> boundNames();

    /** The member to add where limits demand a bound and the client gave none, as the provider at this host knows it. */
    String boundName(String host);

    /**
     * What to set in a request for a stream so that the provider tells the usage at its end; empty where it does so
     * anyway, or where the client has asked for it.
     */
    default Optional<Member> askingForUsage(Request request) {
        return Optional.empty();
    }

    /** A member of the top level and its value as JSON. */
    record Member(String name, String literal) {}

    /** Whether a request without an output bound is refused. */
    default boolean demandsBound() {
        return false;
    }

    /** The member whose elements are the turns of the conversation. */
    String turnsName();

    /** What is asked, for who looks whether the same was asked in other words; empty where the words are not all. */
    default Optional<Question> question(Request request) {
        return Question.of(request, turnsName());
    }

    /** Members of a request that do not become part of the prompt. */
    Set<String> apartFromPrompt();

    /**
     * Whether a request creates or reads state at the provider. Such an answer is more than its bytes: it names things
     * that exist for whoever asked (a stored completion, an audio clip), or depends on things that change (a conversation,
     * the web). It is neither cached nor shared.
     */
    boolean touchesUpstreamState(Request request);

    /** Reads a provider's whole answer of status 200; empty if it is not one JSON object. */
    Optional<WholeAnswer> answer(byte[] body);

    /** Reads along with one stream of a provider. */
    StreamReader reader(Request request, String model);

    /** Whether this is the event after which the client expects no other. */
    boolean isTerminal(SseEvent event);

    /**
     * The whole answer that a finished stream told in pieces.
     *
     * @param events all of them in order; comments and the terminal one do no harm
     * @throws IllegalArgumentException if they are not events of this dialect
     */
    byte[] assemble(List<SseEvent> events);

    /**
     * A stream that tells this whole answer, the terminal event included; events that this request did not ask for are
     * marked as {@link SseEvent#hidden()}.
     *
     * @throws IllegalArgumentException if it is not an answer of this dialect
     */
    List<SseEvent> split(byte[] answer, Request request);
}
