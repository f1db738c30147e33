package dev.sluice.cache;

import dev.sluice.Exchange;
import dev.sluice.Model;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Stage.Next;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A provider that answers when it is told to. */
final class HeldProvider implements Next {
    final List<Call> calls = new CopyOnWriteArrayList<>();
    final AtomicInteger cancelled = new AtomicInteger();

    record Call(Exchange exchange, UniEmitter<? super Reply> emitter, AtomicBoolean ended) {
        void answers(String text) {
            answers(exchange.route().model(), text);
        }

        void answers(Model model, String text) {
            ends(Asked.answer(200, Asked.body("stop", text),
                    Receipt.servedBy(model, 1, Asked.USAGE, 1)));
        }

        void ends(Reply reply) {
            ended.set(true);
            emitter.complete(reply);
        }
    }

    @Override
    public Uni<Reply> apply(Exchange exchange) {
        return Uni.createFrom().emitter(emitter -> {
            AtomicBoolean ended = new AtomicBoolean();
            emitter.onTermination(() -> cancelled.addAndGet(ended.get() ? 0 : 1));
            calls.add(new Call(exchange, emitter, ended));
        });
    }

    Call call(int number) {
        Eventually.until(() -> calls.size() > number);
        return calls.get(number);
    }
}
