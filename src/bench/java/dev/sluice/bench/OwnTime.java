package dev.sluice.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The gateway's own time as it says itself: its meter {@code sluice.overhead}, the provider's share excluded, from when a
 * request is there to when its reply, or the head of it, is.
 *
 * @param seen requests by upper bound in seconds, each bound's including those of all lower ones
 */
record OwnTime(NavigableMap<Double, Double> seen) {
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Pattern BUCKET = Pattern.compile("sluice_overhead_seconds_bucket\\{le=\"([^\"]+)\"} (\\S+)");

    /** @param port of a gateway */
    static OwnTime of(int port) {
        NavigableMap<Double, Double> seen = new TreeMap<>();
        for (Matcher bucket = BUCKET.matcher(metrics(port)); bucket.find();) {
            String bound = bucket.group(1);
            seen.put(bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound),
                    Double.valueOf(bucket.group(2)));
        }
        return new OwnTime(seen);
    }

    private static String metrics(int port) {
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/metrics")).build(),
                    BodyHandlers.ofString()).body();
        } catch (IOException e) {
            throw new IllegalStateException("No metrics on port " + port + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /**
     * As Prometheus takes it from a histogram: even within a bucket, so no finer than the buckets are.
     *
     * @param percentile above 0, below 100
     * @return ms, over what came after the earlier reading; NaN if nothing came
     */
    double millisSince(OwnTime earlier, double percentile) {
        if (seen.isEmpty()) {
            return Double.NaN;
        }
        double rank = percentile / 100 * since(earlier, seen.lastKey());
        double lower = 0;
        double below = 0;
        for (double bound : seen.keySet()) {
            double until = since(earlier, bound);
            if (until >= rank && until > 0) {
                double within = Double.isInfinite(bound)
                        ? lower
                        : lower + (bound - lower) * (rank - below) / (until - below);
                return within * 1e3;
            }
            lower = bound;
            below = until;
        }
        return Double.NaN;
    }

    private double since(OwnTime earlier, double bound) {
        return seen.get(bound) - earlier.seen.getOrDefault(bound, 0.0);
    }
}
