package dev.sluice.cache;

import dev.sluice.Receipt;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Refusal;
import dev.sluice.Reply.Stream;
import dev.sluice.Usage;
import dev.sluice.sse.SseEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A provider's stream, told as the test wants. */
final class Told {
    private final Receipt last = Receipt.servedBy(Asked.MODEL, 1, Asked.USAGE, 1);
    private volatile MultiEmitter<? super List<SseEvent>> emitter;
    private volatile UnaryOperator<End> ending;
    volatile End how;

    Stream stream() {
        Receipt head = Receipt.servedBy(Asked.MODEL, 1, Usage.NONE, 1);
        return new Stream(200, SseEvent.CONTENT_TYPE, composed -> {
            ending = composed;
            return Multi.createFrom().emitter(begun -> {
                begun.onTermination(() -> end(new End(Optional.empty(), true, last)));
                emitter = begun;
            }, BackPressureStrategy.BUFFER);
        }, head);
    }

    private synchronized Receipt end(End end) {
        if (how == null) {
            how = ending.apply(end);
        }
        return how.receipt();
    }

    Told tell(String content) {
        return emit("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + content
                + "\"},\"finish_reason\":null}]}");
    }

    Told emit(String data) {
        Eventually.until(() -> emitter != null);
        emitter.emit(List.of(SseEvent.of(data.getBytes(StandardCharsets.UTF_8))));
        return this;
    }

    void finish() {
        emit("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
        Receipt receipt = end(new End(Optional.empty(), false, last));
        emitter.emit(List.of(SseEvent.cost(receipt), SseEvent.DONE));
        emitter.complete();
    }

    void fail() {
        Refusal broken = Refusal.of(502, "upstream_error", "upstream_error", "Broken.");
        Receipt receipt = end(new End(Optional.of(broken), false, last));
        emitter.emit(List.of(SseEvent.cost(receipt), SseEvent.of("{\"error\":{}}".getBytes())));
        emitter.complete();
    }
}
