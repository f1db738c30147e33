package dev.sluice.dialect;

import dev.sluice.Usage;
import java.util.Optional;

/** What the gateway has to know of a provider's whole answer. */
public interface WholeAnswer {

    /** The same bytes, with this model's name where the provider named its own. */
    byte[] naming(String model);

    /** As the provider counted; empty where it did not, or where the counts cannot be true. */
    Optional<Usage> usage();
}
