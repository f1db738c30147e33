package dev.sluice.batch;

import dev.sluice.Reply;
import dev.sluice.Request;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Answers when it is told to, and has a clock that is turned by hand. */
final class FakePipeline implements BatchRun.Pipeline {
    private final List<UniEmitter<? super Reply>> running = new ArrayList<>();
    private final List<Timer> timers = new ArrayList<>();
    private Reply immediately;
    private int asked;
    private int cancelled;
    private long now;

    private record Timer(long due, Runnable then) {}

    /** From now on every line is answered while it is being asked; null: no longer. */
    void immediately(Reply reply) {
        immediately = reply;
    }

    void reply(Random random, Reply reply) {
        if (!running.isEmpty()) {
            running.remove(random.nextInt(running.size())).complete(reply);
        }
    }

    void replyFirst(Reply reply) {
        running.remove(0).complete(reply);
    }

    void replyLast(Reply reply) {
        running.remove(running.size() - 1).complete(reply);
    }

    void elapse(long millis) {
        now += millis;
        List<Timer> due = timers.stream().filter(timer -> timer.due <= now).toList();
        timers.removeAll(due);
        due.forEach(timer -> timer.then.run());
    }

    int running() {
        return running.size();
    }

    int asked() {
        return asked;
    }

    int cancelled() {
        return cancelled;
    }

    int timers() {
        return timers.size();
    }

    @Override
    public String id(long line) {
        return "req-" + line;
    }

    @Override
    public Uni<Reply> serve(Request request, String id) {
        asked++;
        if (immediately != null) {
            return Uni.createFrom().item(immediately);
        }
        return Uni.createFrom().emitter(emitter -> {
            running.add(emitter);
            emitter.onTermination(() -> cancelled += running.remove(emitter) ? 1 : 0); // a reply takes it out before
        });
    }

    @Override
    public Cancellable after(long millis, Runnable then) {
        Timer timer = new Timer(now + millis, then);
        timers.add(timer);
        return () -> timers.remove(timer);
    }
}
