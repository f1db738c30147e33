package dev.sluice.scoring;

/** What can be seen, and counted, in a prompt; the words are those of an explanation. */
enum Sign {
    // by the lexicon
    ENGLISH("English"), GERMAN("German"), //
    PROVE("asks for a proof or derivation"), DEBUG("asks to find a fault"), REFACTOR("asks to refactor or optimise"), //
    BUILD("asks to design or implement"), ANALYSE("asks to analyse or judge"), COMPARE("asks to compare"), //
    SOLVE("asks to calculate or solve"), EXPLAIN("asks to explain"), WRITE("asks to write"), //
    TRANSLATE("asks to translate"), SUMMARISE("asks to summarise"), LIST("asks for a list"), WHY("asks why"), //
    HOW("asks how"), WHAT_IF("asks what would be if"), CHOICE("asks to choose an answer"), //
    CONSTRAINT("constraints to keep"), NEGATION("negations"), //
    MATHEMATICS("mathematics"), ALGEBRA("words of algebra"), CHANCE("chance and statistics"), //
    SHARE("shares and rates"), SURPLUS("sums and differences"), MONEY("amounts of money"), TIME("times and dates"), //
    CODE("code"), PHYSICS("physics"), CHEMISTRY("chemistry or biology"), MEDICINE("medicine"), LAW("law"), //
    MORALS("ethics"), ECONOMY("economics"), HISTORY("history or politics"), LOGIC("conditions and conclusions"), //
    // by the characters
    FORMULA("formulas"), OPERATOR("operators"), NUMBER("numbers"), LONG_NUMBER("long numbers"), DIGIT("digits"), //
    DECIMAL("decimal numbers"), PERCENT("percentages"), BRACKET("brackets"), PARENTHESIS("parentheses"), //
    UNDERSCORE("identifiers"), COLON("colons"), SEMICOLON("semicolons"), QUESTION("questions"), //
    SENTENCE("sentences"), WORD("words"), LETTER("letters"), CHARACTER("length"), //
    // by the lines
    LINE("lines"), BLANK_LINE("paragraphs"), CODE_LINE("lines of code"), INDENTED_LINE("indented lines"), //
    LIST_ITEM("list items"), OPTION("options to choose from"), TEXT_LINE("text to work on");

    private final String words;

    Sign(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }
}
