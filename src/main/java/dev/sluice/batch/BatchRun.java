package dev.sluice.batch;

import dev.sluice.Money;
import dev.sluice.Reply;
import dev.sluice.Request;
import dev.sluice.batch.AnswerOrder.Place;
import dev.sluice.batch.LineSplitter.Line;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A batch under way: lines in, answers out. A line is read only when it can begin, and it begins only when there is a free
 * slot and the client takes its answers; so what the client sends faster than that stays at the client, and memory holds a
 * line or an answer per slot, however many lines there are. Each line is answered exactly once, then comes the summary.
 * <p>
 * Everything happens on one thread.
 */
public final class BatchRun {
    private final int concurrent;
    private final int lineLimit;
    private final Client client;
    private final Pipeline pipeline;
    private final LineSplitter lines;
    private final AnswerOrder answers;
    private final Summary summary = new Summary();
    private final Set<LineCall> running = new LinkedHashSet<>();
    private boolean fetching;
    private boolean working;
    private boolean over;

    /** Who sends lines and takes answers. */
    public interface Client {
        /** Asks for one more piece of what it sends. */
        void fetch();

        /** Whether it takes answers more slowly than they come. */
        boolean isSlow();

        void write(byte[] line);

        /** Writes the last line. */
        void end(byte[] line);
    }

    /** Where lines are answered. */
    public interface Pipeline {
        /** The id of the request that a line stands for. */
        String id(long line);

        /** Never fails; answers on the thread that all this runs on. */
        Uni<Reply> serve(Request request, String id);

        /** Runs something later, in milliseconds, on the same thread; unless it is cancelled before. */
        Cancellable after(long millis, Runnable then);
    }

    /**
     * @param concurrent how many lines may be under way at once
     * @param lineLimit the most bytes that a line may have
     * @param ordered whether the answers come in the order of the lines
     */
    public BatchRun(int concurrent, int lineLimit, boolean ordered, Client client, Pipeline pipeline) {
        this.concurrent = concurrent;
        this.lineLimit = lineLimit;
        this.client = client;
        this.pipeline = pipeline;
        this.lines = new LineSplitter(lineLimit);
        this.answers = new AnswerOrder(ordered, concurrent, client::write);
    }

    /** The piece that was fetched. */
    public void received(byte[] piece) {
        fetching = false;
        lines.feed(piece);
        work();
    }

    /** The client has sent everything. */
    public void receivedAll() {
        fetching = false;
        lines.end();
        work();
    }

    /** Goes on, at the beginning and when the client is no longer slow. */
    public void work() {
        if (working) {
            return; // whoever is working looks again
        }
        working = true;
        try {
            while (!over && running.size() < concurrent && answers.hasRoom() && !client.isSlow() && advance()) {
                // as far as it goes
            }
        } finally {
            working = false;
        }
    }

    /** Begins the next line, or sees to it that there is one; false when there is nothing to be done for now. */
    private boolean advance() {
        Line line = lines.next();
        if (line != null) {
            begin(Item.read(line, lineLimit));
            return true;
        }
        if (!lines.ended()) {
            if (fetching) {
                return false;
            }
            fetching = true;
            client.fetch();
            return !fetching;
        }
        if (running.isEmpty()) {
            over = true;
            client.end(summary.line());
        }
        return false;
    }

    private void begin(Item item) {
        Place place = answers.place();
        String id = pipeline.id(item.number());
        if (item.refusal() != null) {
            answer(place, item, id, item.refusal(), Money.ZERO);
            return;
        }
        LineCall[] call = new LineCall[1];
        call[0] = new LineCall(() -> pipeline.serve(item.request(), id), pipeline::after, (reply, spent) -> {
            running.remove(call[0]);
            answer(place, item, id, reply, spent);
            work();
        });
        running.add(call[0]);
        call[0].start();
    }

    private void answer(Place place, Item item, String id, Reply reply, Money spent) {
        summary.add(reply, spent);
        answers.fill(place, AnswerLine.of(item, id, reply, spent));
    }

    /** The client has gone: nothing more is begun, and what is under way ends. */
    public void abandon() {
        over = true;
        running.forEach(LineCall::cancel);
        running.clear();
    }
}
