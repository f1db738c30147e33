package dev.sluice.scoring;

/** p = 1 / (1 + exp(−(intercept + slope × x))), by Newton's method on the weighted likelihood (Platt, 1999). */
record Logistic(double intercept, double slope) {
    private static final int ITERATIONS = 50;
    private static final double RIDGE = 1e-6;

    /** @param labels 0..1; fractions where several pairs were judged */
    static Logistic fit(double[] x, double[] labels, double[] weights) {
        double a = 0;
        double b = 0;
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            double ga = 0;
            double gb = 0;
            double haa = RIDGE;
            double hab = 0;
            double hbb = RIDGE;
            for (int i = 0; i < x.length; i++) {
                double p = 1 / (1 + StrictMath.exp(-(a + b * x[i])));
                double error = weights[i] * (labels[i] - p);
                double curvature = weights[i] * p * (1 - p);
                ga += error;
                gb += error * x[i];
                haa += curvature;
                hab += curvature * x[i];
                hbb += curvature * x[i] * x[i];
            }
            double determinant = haa * hbb - hab * hab;
            a += (hbb * ga - hab * gb) / determinant;
            b += (haa * gb - hab * ga) / determinant;
        }
        return new Logistic(a, b);
    }

    double probability(double x) {
        return 1 / (1 + StrictMath.exp(-(intercept + slope * x)));
    }
}
