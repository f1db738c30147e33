package dev.sluice.embedding;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;

/**
 * {@link MiniLm} on a thread or two of its own, which begin and load the model with the first text, or before. A text
 * takes about a millisecond, 90 words seven. Texts wait in a {@link FairQueue}, as many as ten milliseconds are enough for
 * as things go at present: whoever comes in a burst beyond that goes on without a vector at once, instead of waiting long
 * for what mostly turns out to be a miss.
 */
public final class OnnxEmbedder implements Embedder {
    private static final Logger LOG = Logger.getLogger(OnnxEmbedder.class);
    private static final long PATIENCE_NANOS = 10_000_000;
    private static final long FIRST_GUESS_NANOS = 2_000_000;
    /** However little there is to do: one wakes up for it. */
    private static final long LEAST_NANOS = 200_000;
    /** Of how many texts the usual time is the moving average. */
    private static final int REMEMBERED = 16;
    /** The event loops need the processors too. */
    private static final int THREADS = Runtime.getRuntime().availableProcessors() >= 4 ? 2 : 1;

    private final FairQueue<Task> queue = new FairQueue<>(this::places);
    private final AtomicBoolean started = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();
    /** How long a text takes; threads may overwrite each other's share in it. */
    private volatile long usualNanos = FIRST_GUESS_NANOS;
    private volatile MiniLm model;
    private volatile String trouble;

    @Override
    public String id() {
        return MiniLm.ID;
    }

    @Override
    public int dimensions() {
        return MiniLm.DIMENSIONS;
    }

    @Override
    public boolean ready() {
        start();
        return model != null || trouble != null;
    }

    @Override
    public Uni<float[]> embed(String tenant, String text) {
        return queued(text, task -> queue.offer(tenant, task));
    }

    @Override
    public Uni<float[]> embedLater(String tenant, String text) {
        return queued(text, task -> queue.offerPatient(tenant, task));
    }

    private Uni<float[]> queued(String text, UnaryOperator<Task> offer) {
        return Uni.createFrom().emitter(emitter -> {
            start();
            Task loser = offer.apply(new Task(text, emitter));
            if (loser != null) {
                loser.fail(new NotEmbedded("Too many texts are waiting to be embedded."));
            }
        });
    }

    /** One at least for each thread, however slow they are. */
    private int places() {
        return (int) Math.max(THREADS, THREADS * PATIENCE_NANOS / Math.max(LEAST_NANOS, usualNanos));
    }

    private void start() {
        if (!started.get() && started.compareAndSet(false, true)) {
            synchronized (threads) {
                for (int i = 0; i < THREADS; i++) {
                    Thread thread = new Thread(this::work, "embedding-" + i);
                    thread.setDaemon(true);
                    thread.start();
                    threads.add(thread);
                }
            }
        }
    }

    private void work() {
        try {
            model();
            while (true) {
                Task task = queue.take();
                if (!task.ended.get()) {
                    long begun = System.nanoTime();
                    task.run(model());
                    usualNanos += (System.nanoTime() - begun - usualNanos) / REMEMBERED;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    /** Null where it cannot be loaded; that is said once. */
    private synchronized MiniLm model() {
        if (model == null && trouble == null) {
            try {
                model = MiniLm.load();
            } catch (IllegalStateException e) {
                trouble = e.getMessage();
                LOG.errorf("There will be no semantic hits. %s", trouble);
            }
        }
        return model;
    }

    @Override
    public void close() {
        started.set(true);
        synchronized (threads) {
            threads.forEach(Thread::interrupt);
            for (Thread thread : threads) {
                try {
                    thread.join(); // a text takes milliseconds
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
        synchronized (this) {
            if (model != null) {
                model.close();
                model = null;
                trouble = "The embedder is closed.";
            }
        }
    }

    private static final class Task {
        private final String text;
        private final UniEmitter<? super float[]> emitter;
        private final AtomicBoolean ended = new AtomicBoolean();

        Task(String text, UniEmitter<? super float[]> emitter) {
            this.text = text;
            this.emitter = emitter;
            emitter.onTermination(() -> ended.set(true));
        }

        void run(MiniLm model) {
            try {
                if (model == null) {
                    throw new NotEmbedded("The embedding model cannot be loaded.");
                }
                emitter.complete(model.embed(text));
            } catch (RuntimeException e) {
                fail(e);
            }
        }

        void fail(RuntimeException trouble) {
            emitter.fail(trouble instanceof NotEmbedded known
                    ? known
                    : new NotEmbedded("The text could not be embedded: " + trouble.getMessage(), trouble));
        }
    }
}
