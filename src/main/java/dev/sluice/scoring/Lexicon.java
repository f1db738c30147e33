package dev.sluice.scoring;

/**
 * The words of German and English that are signs, in their inflected forms, found by hash without building a string. In
 * the lists {@code stem~} stands for the forms of a German verb and {@code stem+} for those of an English one.
 */
final class Lexicon {
    /** No sign. */
    static final int NONE = -1;

    private static final String[] GERMAN = { "", "e", "en", "t", "et", "st", "te", "ten", "tet", "test", "end", "ung"};
    private static final String[] ENGLISH = { "e", "es", "ed", "ing", "", "s"};
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final int SLOTS = 4096;

    private final long[] hashes = new long[SLOTS];
    private final byte[] signs = new byte[SLOTS];

    Lexicon() {
        add(Sign.PROVE, "prov+ proof proofs deriv+ derivation demonstrat+ "
                + "beweis beweise beweisen beweist bewies bewiesen herleit~ hergeleitet herzuleiten "
                + "widerleg~ widerlegt disprov+ refut+");
        add(Sign.DEBUG, "debug debugs debugging debugged debugg~ troubleshoot+ diagnos+ bug bugs stacktrace traceback "
                + "exception fix fixes fixing fehlersuche behebe beheben behebt behob behoben fehlermeldung "
                + "diagnostizier~ korrigier~");
        add(Sign.REFACTOR, "refactor+ refactored restructur+ optimiz+ optimis+ parallelis+ paralleliz+ moderniz+ "
                + "modernis+ refaktorier~ refactor~ optimier~ umstrukturier~ parallelisier~ modernisier~ vereinfach~");
        add(Sign.BUILD, "design+ designed implement+ architect+ develop+ program construct+ build builds building "
                + "implementier~ entwerf~ entwirf entwirft entwurf entwarf entworfen entwickl~ entwickele entwickeln "
                + "programmier~ konstruier~ konzipier~ konzept architektur architecture algorithm algorithmus");
        add(Sign.ANALYSE,
                "analyz+ analys+ analysis analyses analytic evaluat+ assess+ critiqu+ criticiz+ criticis+ investigat+ "
                        + "examin+ review+ reviewed judg+ justif+ justify diskutier~ discuss+ discussed interpret+ "
                        + "analysier~ analyse analysen bewert~ beurteil~ untersuch~ pruef~ prüf~ überprüf~ ueberpruef~ "
                        + "begutacht~ begründ~ begruend~ interpretier~ kritisier~ erörter~ eroerter~ abwäg~ abwaeg~");
        add(Sign.COMPARE, "compar+ comparison comparisons contrast+ versus vs differenc+ distinguish+ tradeoffs "
                + "tradeoff pros cons vergleich~ verglich verglichen gegenüberstell~ gegenueberstell~ "
                + "unterschied unterschiede unterschieden unterscheid~ abgrenz~ vorteile nachteile");
        add(Sign.SOLVE, "solv+ calculat+ comput+ estimat+ determin+ simplify simplif+ simplifies "
                + "lös löse lösen löst gelöst lösung loese loesen berechn~ berechne berechnen berechnet errechn~ "
                + "bestimm~ ermittl~ ermittle ermitteln schätz~ schaetz~");
        add(Sign.EXPLAIN, "explain+ explained explanation describ+ illustrat+ clarif+ clarify elaborat+ "
                + "erklär~ erklaer~ erläuter~ erlaeuter~ beschreib~ beschrieb veranschaulich~ verdeutlich~");
        add(Sign.WRITE, "writ+ compos+ draft+ creat+ generat+ rewrit+ rephras+ schreib~ verfass~ formulier~ erstell~ "
                + "generier~ dicht~ umschreib~ umformulier~");
        add(Sign.TRANSLATE, "translat+ translation übersetz~ uebersetz~");
        add(Sign.SUMMARISE, "summariz+ summaris+ summary summaries abstract tldr condens+ zusammenfass~ "
                + "zusammengefasst zusammenzufassen kürz~ kuerz~ resümier~");
        add(Sign.LIST, "list+ listed enumerat+ nam+ auflist~ aufgelistet aufzähl~ aufzaehl~ nenn~ liste listen zähl~");
        add(Sign.WHY, "why warum weshalb wieso weswegen wozu");
        add(Sign.HOW, "how wie wodurch womit");
        add(Sign.WHAT_IF, "suppose supposing hypothetically hypothetical angenommen hypothetisch gesetzt");
        add(Sign.MATHEMATICS, "theorem lemma corollary integral integrals derivative equation equations polynomial "
                + "matrix matrices eigenvalue probability logarithm modulo prime primes vector vectors triangle "
                + "satz gleichung gleichungen polynom stetig differenzierbar ableitung wahrscheinlichkeit "
                + "logarithmus primzahl primzahlen vektor vektoren dreieck menge bijektiv injektiv irrational");
        add(Sign.CODE, "python java javascript typescript kotlin rust golang haskell sql regex function functions code "
                + "api json yaml compiler kubernetes docker funktion quelltext quellcode skript script programm");
        add(Sign.CONSTRAINT, "must mustn should shouldn only exactly least most without except unless ensure avoid "
                + "require required requires requirement requirements constraint constraints never always don within "
                + "muss musst müssen muessen soll sollen sollte nur genau höchstens hoechstens mindestens ohne außer "
                + "ausser vermeid~ niemals immer keine keinen darf dürfen anforderung anforderungen bedingung "
                + "bedingungen maximal minimal sowie berücksichtig~ beruecksichtig~ beacht~");
    }

    /** The sign that the word of this hash is, as an ordinal, or {@link #NONE}. */
    int sign(long hash) {
        for (int slot = slot(hash); hashes[slot] != 0; slot = slot + 1 & SLOTS - 1) {
            if (hashes[slot] == hash) {
                return signs[slot];
            }
        }
        return NONE;
    }

    /** Begins the hash of a word. */
    static long begin() {
        return FNV_OFFSET;
    }

    /** Goes on with the next character, which is in lower case. */
    static long append(long hash, char c) {
        return (hash ^ c) * FNV_PRIME;
    }

    static long hash(String word) {
        long hash = begin();
        for (int i = 0; i < word.length(); i++) {
            hash = append(hash, word.charAt(i));
        }
        return hash;
    }

    private void add(Sign sign, String list) {
        for (String entry : list.split(" ")) {
            char mark = entry.charAt(entry.length() - 1);
            String stem = entry.substring(0, entry.length() - 1);
            switch (mark) {
                case '~' -> addForms(sign, stem, GERMAN);
                case '+' -> addForms(sign, stem, ENGLISH);
                default -> put(hash(entry), sign);
            }
        }
    }

    private void addForms(Sign sign, String stem, String[] endings) {
        for (String ending : endings) {
            put(hash(stem + ending), sign);
        }
    }

    /** A word that several lists name belongs to the first of them. */
    private void put(long hash, Sign sign) {
        int slot = slot(hash);
        while (hashes[slot] != 0) {
            if (hashes[slot] == hash) {
                return;
            }
            slot = slot + 1 & SLOTS - 1;
        }
        hashes[slot] = hash;
        signs[slot] = (byte) sign.ordinal();
    }

    private static int slot(long hash) {
        return (int) (hash ^ hash >>> 32) & SLOTS - 1;
    }
}
