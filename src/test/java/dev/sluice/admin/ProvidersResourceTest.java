package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.it.World;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(World.class)
class ProvidersResourceTest {
    @Inject
    ProvidersResource resource;

    @Inject
    ObjectMapper mapper;

    @Test
    void showsEveryProviderInTheContractsShape() throws JsonProcessingException {
        // when
        JsonNode listing = mapper.readTree(mapper.writeValueAsString(resource.list()));

        // then
        assertThat(listing.get("data").findValuesAsText("name")).containsExactly("anthropic", "down", "mock", "sim");
        assertThat(listing.get("data").findValuesAsText("type")).containsExactly("anthropic", "openai", "openai",
                "simulated");
        JsonNode down = listing.get("data").get(1);
        assertThat(down.fieldNames()).toIterable().containsExactly("name", "type", "breaker", "in_flight", "p50_ms",
                "p99_ms", "error_rate");
        assertThat(down.get("type").asText()).isEqualTo("openai");
        assertThat(down.get("breaker").asText()).isEqualTo("closed");
        assertThat(down.get("in_flight").asInt()).isZero();
        assertThat(down.get("error_rate").asDouble()).isZero();
    }
}
