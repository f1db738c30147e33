package dev.sluice.embedding;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sentence model all-MiniLM-L6-v2, quantised to eight bits (Apache License 2.0; Wang et al. 2020, Reimers and Gurevych
 * 2019), run by ONNX Runtime on the calling thread. A sentence's vector is the mean of its tokens' vectors, of length one.
 * May be called by several threads at once.
 */
final class MiniLm implements AutoCloseable {
    /** The sentences it learned from were cut off here: of what comes later it would know nothing. */
    static final int MOST_TOKENS = 256;
    static final int DIMENSIONS = 384;

    private static final String MODEL = "all-minilm-l6-v2-q.onnx";
    private static final String MODEL_SHA256 = "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1";
    private static final String TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";
    private static final String TOKENIZER_SHA256 = "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0";

    private static final String LIBRARY = "libonnxruntime.so";
    private static final String JNI_LIBRARY = "libonnxruntime4j_jni.so";
    /** Tells ONNX Runtime where they are; without it, they come out of its jar. */
    private static final String LIBRARIES = "onnxruntime.native.path";

    /** The hash stands for the model: another file is another embedder. */
    static final String ID = "all-minilm-l6-v2-q." + MODEL_SHA256.substring(0, 8) + "." + DIMENSIONS;

    private final WordPiece tokenizer;
    private final OrtEnvironment environment;
    private final OrtSession session;

    private MiniLm(WordPiece tokenizer, OrtEnvironment environment, OrtSession session) {
        this.tokenizer = tokenizer;
        this.environment = environment;
        this.session = session;
    }

    /**
     * Reads 24 MB and takes some hundred milliseconds.
     *
     * @throws IllegalStateException if a file is missing or is not the one that belongs here, or cannot be run here
     */
    static MiniLm load() {
        try {
            Optional<Path> folder = Installation.folder(List.of(MODEL, LIBRARY, JNI_LIBRARY));
            folder.ifPresent(path -> System.setProperty(LIBRARIES, path.toString()));
            WordPiece tokenizer = new WordPiece(vocabulary());
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            try (ModelFile model = ModelFile.of(MODEL, MODEL_SHA256, folder);
                    OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(1); // the threads are the callers'
                options.setInterOpNumThreads(1);
                return new MiniLm(tokenizer, environment, environment.createSession(model.path().toString(), options));
            }
        } catch (IOException | OrtException | LinkageError e) {
            throw new IllegalStateException("The embedding model cannot be loaded: " + e.getMessage(), e);
        }
    }

    private static byte[] vocabulary() throws IOException {
        try (InputStream in = MiniLm.class.getResourceAsStream(TOKENIZER)) {
            if (in == null) {
                throw new IOException(TOKENIZER + " is missing");
            }
            byte[] bytes = in.readAllBytes();
            ModelFile.requireHash(TOKENIZER, TOKENIZER_SHA256, new ByteArrayInputStream(bytes));
            return bytes;
        }
    }

    /** @throws NotEmbedded if the text is too long, or has words that the model has never seen and would not tell apart */
    float[] embed(String text) {
        int[] ids = tokenizer.ids(text, MOST_TOKENS);
        if (ids == null) {
            throw new NotEmbedded("The text has more than " + MOST_TOKENS + " tokens.");
        }
        for (int id : ids) {
            if (id == WordPiece.UNKNOWN) {
                throw new NotEmbedded("The text has words that are unknown to the model.");
            }
        }
        try {
            return run(ids);
        } catch (OrtException e) {
            throw new NotEmbedded("The model failed: " + e.getMessage(), e);
        }
    }

    private float[] run(int[] ids) throws OrtException {
        long[] shape = { 1, ids.length};
        LongBuffer tokens = LongBuffer.allocate(ids.length);
        LongBuffer mask = LongBuffer.allocate(ids.length);
        for (int i = 0; i < ids.length; i++) {
            tokens.put(i, ids[i]);
            mask.put(i, 1);
        }
        try (OnnxTensor inputIds = OnnxTensor.createTensor(environment, tokens, shape);
                OnnxTensor attention = OnnxTensor.createTensor(environment, mask, shape);
                OnnxTensor types = OnnxTensor.createTensor(environment, LongBuffer.allocate(ids.length), shape);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", inputIds, "attention_mask", attention, "token_type_ids", types))) {
            return mean(((OnnxTensor) result.get(0)).getFloatBuffer(), ids.length);
        }
    }

    private static float[] mean(FloatBuffer tokens, int count) {
        float[] sum = new float[DIMENSIONS];
        for (int token = 0; token < count; token++) {
            for (int i = 0; i < DIMENSIONS; i++) {
                sum[i] += tokens.get();
            }
        }
        return Vectors.unit(sum);
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("The embedding model could not be closed.", e);
        }
    }
}
