package dev.sluice.embedding;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * {@link MiniLm} on a thread or two of its own, which begin and load the model with the first text, or before. A text takes about a
 * millisecond, 90 words seven. Texts wait in a {@link FairQueue}.
 */
public final class OnnxEmbedder implements Embedder {
    private static final Logger LOG = Logger.getLogger(OnnxEmbedder.class);
    /** Some tens of milliseconds of work for each thread: who would wait longer is better off without. */
    private static final int WAITING_PER_THREAD = 32;
    /** The event loops need the processors too. */
    private static final int THREADS = Runtime.getRuntime().availableProcessors() >= 4 ? 2 : 1;

    private final FairQueue<Task> queue = new FairQueue<>(THREADS * WAITING_PER_THREAD);
    private final AtomicBoolean started = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();
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
        return Uni.createFrom().emitter(emitter -> {
            start();
            Task loser = queue.offer(tenant, new Task(text, emitter));
            if (loser != null) {
                loser.fail(new NotEmbedded("Too many texts are waiting to be embedded."));
            }
        });
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
                    task.run(model());
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
                if (!ApplicationLifecycleManager.isVmShuttingDown()) {
                    LOG.errorf("There will be no semantic hits. %s", trouble);
                }
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
