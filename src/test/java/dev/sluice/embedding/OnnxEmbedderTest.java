package dev.sluice.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.smallrye.mutiny.Uni;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class OnnxEmbedderTest {
    private static final OnnxEmbedder EMBEDDER = new OnnxEmbedder();

    @AfterAll
    static void stop() {
        EMBEDDER.close();
    }

    private static float[] embed(String text) {
        return await(EMBEDDER.embed("tenant", text));
    }

    private static float[] await(Uni<float[]> vector) {
        return vector.await().atMost(Duration.ofSeconds(60));
    }

    @Test
    void theArticlesPairIsFurtherApartThanItsOpposite() {
        float[] asked = embed("Erkläre die Vorteile von Python-Generatoren");

        assertThat(Vectors.cosine(asked, embed("Was sind die Vorteile von Python-Generatoren?")))
                .isCloseTo(.896, within(.01));
        assertThat(Vectors.cosine(asked, embed("Erkläre die Nachteile von Python-Generatoren")))
                .isCloseTo(.961, within(.01));
    }

    @Test
    void aVectorHasLengthOneAndIsAlwaysTheSame() {
        float[] vector = embed("What is a sluice?");

        assertThat(vector).hasSize(EMBEDDER.dimensions());
        assertThat(Vectors.cosine(vector, vector)).isCloseTo(1, within(1e-6));
        assertThat(embed("What is a sluice?")).isEqualTo(vector);
        assertThat(Vectors.cosine(vector, embed("How do I bake bread?"))).isLessThan(.3);
    }

    @Test
    void whatTheModelCannotTellApartHasNoVector() {
        assertThatThrownBy(() -> embed("word ".repeat(255))).isInstanceOf(NotEmbedded.class)
                .hasMessageContaining("256 tokens");
        assertThatThrownBy(() -> embed("What does 𓀀 mean?")).isInstanceOf(NotEmbedded.class)
                .hasMessageContaining("unknown");
        assertThat(embed("word ".repeat(254))).hasSize(384);
    }

    @Test
    void aFloodIsTurnedAwayInsteadOfWaitingAndAnotherTenantIsServed() {
        try (OnnxEmbedder embedder = new OnnxEmbedder()) {
            List<CompletableFuture<float[]>> flood = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                flood.add(embedder.embed("loud", "question number " + i).subscribeAsCompletionStage());
            }

            float[] quiet = await(embedder.embed("quiet", "may I?"));

            assertThat(quiet).hasSize(384);
            long served = flood.stream().filter(OnnxEmbedderTest::isServed).count();
            assertThat(served).isBetween(1L, 1_999L);
        }
    }

    @Test
    void whoCanWaitIsServedOnceAFloodIsOver() {
        try (OnnxEmbedder embedder = new OnnxEmbedder()) {
            List<CompletableFuture<float[]>> patient = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                embedder.embed("tenant", "look up " + i).subscribeAsCompletionStage();
                patient.add(embedder.embedLater("tenant", "store " + i).subscribeAsCompletionStage());
            }

            assertThat(patient).allMatch(OnnxEmbedderTest::isServed);
        }
    }

    private static boolean isServed(CompletableFuture<float[]> vector) {
        try {
            return vector.join().length == 384;
        } catch (CompletionException e) {
            assertThat(e.getCause()).isInstanceOf(NotEmbedded.class);
            return false;
        }
    }

    @Test
    void anotherFileThanTheOneThatBelongsHereIsRefused() throws IOException {
        byte[] file = { 1, 2, 3};
        String hash = "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81";

        ModelFile.requireHash("file", hash, new ByteArrayInputStream(file));
        file[0] = 0;

        assertThatThrownBy(() -> ModelFile.requireHash("file", hash, new ByteArrayInputStream(file)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("SHA-256");
    }
}
