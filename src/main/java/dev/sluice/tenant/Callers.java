package dev.sluice.tenant;

import dev.sluice.Caller;
import dev.sluice.config.Settings;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;

/** Who is asking: keys by their secrets. */
@Singleton
public final class Callers {
    private final Settings settings;

    Callers(Settings settings) {
        this.settings = settings;
    }

    /**
     * @param secret what was presented; empty: nothing was
     * @return the caller, or empty for a secret that is missing, unknown or disabled
     */
    public Uni<Optional<Caller>> identify(Optional<String> secret) {
        Optional<Caller> known = settings.keys().values().stream()
                .filter(key -> secret.isPresent() && key.secret().matches(secret.get())).findFirst()
                .map(key -> new Caller(key.name(), key.tenant(), key.quota(), key.clamp(), key.maxPriority(),
                        key.models()));
        if (known.isEmpty() && !settings.auth().enabled()) {
            known = Optional.of(new Caller("anonymous", "default", settings.limits().defaultQuota(), false,
                    settings.limits().defaultMaxPriority(), Set.of("*")));
        }
        return Uni.createFrom().item(known);
    }
}
