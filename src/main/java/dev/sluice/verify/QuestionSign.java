package dev.sluice.verify;

/** Who, when, how many, whether: they ask for answers of different kinds. */
final class QuestionSign implements Sign {

    @Override
    public Reason reason() {
        return Reason.QUESTION;
    }

    @Override
    public boolean seen(Pairing pairing) {
        return Asking.differ(pairing.first().kinds(), pairing.second().kinds());
    }
}
