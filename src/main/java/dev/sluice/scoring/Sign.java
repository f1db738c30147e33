package dev.sluice.scoring;

/** What can be seen in a prompt, and how strongly one sighting speaks for a hard task. */
enum Sign {
    PROVE("asks for a proof or derivation", .55), //
    DEBUG("asks to find a fault", .5), //
    REFACTOR("asks to refactor or optimise", .45), //
    BUILD("asks to design or implement", .4), //
    ANALYSE("asks to analyse or judge", .4), //
    COMPARE("asks to compare", .35), //
    SOLVE("asks to calculate or solve", .25), //
    EXPLAIN("asks to explain", .2), //
    WRITE("asks to write", .12), //
    TRANSLATE("asks to translate", .1), //
    SUMMARISE("asks to summarise", .08), //
    LIST("asks for a list", .05), //
    WHY("asks why", .2), //
    HOW("asks how", .1), //
    WHAT_IF("asks what would be if", .3), //
    MATHEMATICS("mathematics", .3), //
    CODE("code", .15), //
    CONSTRAINT("constraints to keep", .12), //
    STRUCTURE("lists, tables or headings", .06), //
    QUESTION("several questions", .08), //
    LENGTH("length", .1);

    private final String words;
    private final double strength;

    Sign(String words, double strength) {
        this.words = words;
        this.strength = strength;
    }

    String words() {
        return words;
    }

    double strength() {
        return strength;
    }
}
