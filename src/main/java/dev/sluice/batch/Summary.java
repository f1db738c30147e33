package dev.sluice.batch;

import dev.sluice.Money;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import java.nio.charset.StandardCharsets;

/** What has come of the lines so far; the last line tells it. */
final class Summary {
    private static final int OK = 200;
    private static final int REDIRECT = 300;

    private long total;
    private long succeeded;
    private long cached;
    private Money cost = Money.ZERO;
    private Money saved = Money.ZERO;

    void add(Reply reply, Money spent) {
        Receipt receipt = reply.receipt();
        total++;
        succeeded += reply.status() >= OK && reply.status() < REDIRECT ? 1 : 0;
        cached += AnswerLine.cached(receipt) ? 1 : 0;
        cost = cost.plus(spent);
        saved = saved.plus(receipt.savedByCache()).plus(receipt.savedByRouting());
    }

    byte[] line() {
        return ("{\"summary\":{\"total\":" + total + ",\"succeeded\":" + succeeded + ",\"failed\":"
                + (total - succeeded) + ",\"cached\":" + cached + ",\"cost_usd\":\"" + cost + "\",\"saved_usd\":\""
                + saved + "\"}}\n").getBytes(StandardCharsets.UTF_8);
    }
}
