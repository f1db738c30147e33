package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.admin.CacheResource.Purged;
import dev.sluice.admin.CacheResource.Statistics;
import org.junit.jupiter.api.Test;

class CacheResourceTest {
    private final ObjectMapper mapper = new ObjectMapper();

    @Test
    void speaksTheContractsNames() throws JsonProcessingException {
        Statistics statistics = new Statistics(1, 2, 3, 4, 5, 0.6, 7, 8, 9, "0.0001");

        assertThat(mapper.writeValueAsString(statistics)).isEqualTo("{\"exact_hits\":1,\"semantic_hits\":2,"
                + "\"coalesced\":3,\"misses\":4,\"bypassed\":5,\"hit_rate\":0.6,\"evictions\":7,\"entries\":8,"
                + "\"bytes\":9,\"saved_usd\":\"0.0001\"}");
        assertThat(mapper.writeValueAsString(new Purged(3))).isEqualTo("{\"removed\":3}");
    }
}
