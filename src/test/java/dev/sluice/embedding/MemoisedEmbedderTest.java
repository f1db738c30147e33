package dev.sluice.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoisedEmbedderTest {
    private final List<String> embedded = new ArrayList<>();
    private boolean failing;
    private boolean closed;
    private final MemoisedEmbedder embedder = new MemoisedEmbedder(new Embedder() {
        @Override
        public String id() {
            return "id";
        }

        @Override
        public int dimensions() {
            return 1;
        }

        @Override
        public Uni<float[]> embed(String tenant, String text) {
            return Uni.createFrom().item(() -> {
                embedded.add(tenant + ":" + text);
                if (failing) {
                    throw new NotEmbedded("busy");
                }
                return new float[]{ 1};
            });
        }

        @Override
        public void close() {
            closed = true;
        }
    });

    private float[] embed(String tenant, String text) {
        return embedder.embed(tenant, text).await().indefinitely();
    }

    @Test
    void aTextIsEmbeddedOnceForEachTenant() {
        float[] first = embed("a", "x");

        assertThat(embed("a", "x")).isSameAs(first);
        embed("b", "x");
        embed("a", "X");

        assertThat(embedded).containsExactly("a:x", "b:x", "a:X");
    }

    @Test
    void nothingIsEmbeddedBeforeSomebodyWantsIt() {
        embedder.embed("a", "x");

        assertThat(embedded).isEmpty();
    }

    @Test
    void aFailureIsNotRemembered() {
        failing = true;
        assertThatThrownBy(() -> embed("a", "x")).isInstanceOf(NotEmbedded.class);
        failing = false;

        assertThat(embed("a", "x")).hasSize(1);
        assertThat(embedded).hasSize(2);
    }

    @Test
    void theLeastRecentlyUsedOfAThousandIsForgotten() {
        IntStream.range(0, 1_000).forEach(i -> embed("a", "t" + i));
        embed("a", "t0");
        embed("a", "one more");
        embedded.clear();

        embed("a", "t0");
        embed("a", "t2");
        embed("a", "t1");

        assertThat(embedded).containsExactly("a:t1");
    }

    @Test
    void itIsKnownByTheNameOfWhatItRemembersAndEndsWithIt() {
        assertThat(embedder.id()).isEqualTo("id");
        assertThat(embedder.dimensions()).isEqualTo(1);
        embedder.close();
        assertThat(closed).isTrue();
    }
}
