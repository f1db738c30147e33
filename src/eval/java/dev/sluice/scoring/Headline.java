package dev.sluice.scoring;

import dev.sluice.eval.DataSets;
import dev.sluice.eval.Report;
import java.util.List;

final class Headline {
    Headline(Shipped shipped) {
    }

    void measure(List<RoutingSet> sets, DataSets test, Report report) {
    }
}
