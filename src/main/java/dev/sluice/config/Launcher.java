package dev.sluice.config;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusBindException;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import sun.misc.Signal;

/**
 * Starts the gateway. When that fails for a reason that whoever deploys can mend, they read this reason and no trace.
 * <p>
 * {@code health} as the only argument asks a gateway that runs beside instead: containers without a shell have nothing
 * else to ask with.
 */
@QuarkusMain
public final class Launcher {
    /** What shells expect of a process that Ctrl-C ended: 128 and the signal's number. */
    private static final int INTERRUPTED = 128 + 2;

    Launcher() {
    }

    public static void main(String... args) {
        if (args.length == 1 && args[0].equals("health")) {
            System.exit(HealthQuestion.ask() ? 0 : 1);
        }
        endWellWhenTold();
        Quarkus.run(null, Launcher::end, args);
    }

    /**
     * The application ends first and the process after it, so that nothing which a library tidies up with the process, as
     * ONNX Runtime does, is still in use. Being told to end is no fault: whoever drains in time ends with 0.
     */
    private static void endWellWhenTold() {
        if (LaunchMode.current() == LaunchMode.NORMAL) { // while developing, the console ends things
            Signal.handle(new Signal("TERM"), signal -> endWith(0));
            Signal.handle(new Signal("INT"), signal -> endWith(INTERRUPTED));
        }
    }

    private static void endWith(int exitCode) {
        if (ApplicationLifecycleManager.getCurrentApplication() == null) { // which would forget it
            System.exit(exitCode);
        }
        Quarkus.asyncExit(exitCode);
    }

    private static void end(int exitCode, Throwable cause) {
        if (cause != null) {
            explanation(cause).ifPresentOrElse(System.err::println,
                    () -> Logger.getLogger(Launcher.class).error("The start failed.", cause));
        }
        ApplicationLifecycleManager.getDefaultExitCodeHandler().accept(exitCode, cause);
    }

    private static Optional<String> explanation(Throwable cause) {
        if (cause instanceof ConfigurationException) {
            return Optional.of(cause.getMessage());
        }
        if (cause instanceof ConfigValidationException quarkus) {
            return Optional.of(IntStream.range(0, quarkus.getProblemCount())
                    .mapToObj(i -> Faults.withoutPasswords(quarkus.getProblem(i).getMessage()))
                    .collect(Collectors.joining(System.lineSeparator())));
        }
        if (cause instanceof MarkedYAMLException yaml) {
            return Optional.of(explanation(yaml));
        }
        if (cause instanceof QuarkusBindException port) {
            return Optional.of("quarkus.http.port=" + port.getPort() + ": expected a port that nobody else listens on");
        }
        return Optional.ofNullable(cause.getCause()).flatMap(Launcher::explanation);
    }

    /** The parser's own message quotes the file, and with it whatever secret stands next to the fault. */
    private static String explanation(MarkedYAMLException yaml) {
        String place = yaml.getProblemMark() == null
                ? ""
                : " in line " + (yaml.getProblemMark().getLine() + 1) + ", column "
                        + (yaml.getProblemMark().getColumn() + 1);
        return "quarkus.config.locations=" + System.getProperty("quarkus.config.locations",
                System.getenv().getOrDefault("QUARKUS_CONFIG_LOCATIONS", "")) + ": expected YAML, but" + place + " "
                + yaml.getProblem();
    }
}
