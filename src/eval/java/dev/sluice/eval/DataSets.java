package dev.sluice.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The {@code *.jsonl.gz} files of a folder. */
public final class DataSets {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path folder;

    public DataSets(Path folder) {
        this.folder = folder;
    }

    public boolean has(String name) {
        return Files.isReadable(file(name));
    }

    /** All rows in their order. */
    public List<JsonNode> read(String name) {
        List<JsonNode> rows = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file(name))), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                rows.add(MAPPER.readTree(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file(name), e);
        }
        return rows;
    }

    private Path file(String name) {
        return folder.resolve(name + ".jsonl.gz");
    }
}
