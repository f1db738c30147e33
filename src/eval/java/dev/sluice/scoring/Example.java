package dev.sluice.scoring;

/**
 * A prompt, and how well two models answered it.
 *
 * @param task where the set has it from
 * @param prompt what was asked
 * @param key the same for versions of the same problem, so that no version is learned from when another is tested
 * @param weak quality of the cheap model's answer, 0..1; a mean where several cheap models answered
 * @param strong quality of the strong model's answer, 0..1; a mean likewise
 * @param others what many strong models are worth here over many cheap ones; where only one pair answered, its gain
 * @param worse share of the pairs whose cheap answer was worse, 0..1
 * @param weakTokens length of the cheap model's answer in tokens, estimated
 * @param strongTokens length of the strong model's answer in tokens, estimated
 */
record Example(String task, String prompt, String key, double weak, double strong, double others, double worse,
        double weakTokens, double strongTokens) {

    /** What the strong model is worth here. */
    double gain() {
        return strong - weak;
    }

    /** Which of so many parts the problem belongs to; the same in every set and every run. */
    int fold(int folds) {
        return (int) Long.remainderUnsigned(Lexicon.hash(key) * 0x9E3779B97F4A7C15L >>> 16, folds);
    }
}
