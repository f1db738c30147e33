package dev.sluice;

import java.util.Set;

/**
 * Who is asking: a key, what it belongs to and what it may do.
 *
 * @param key the key's name, never its secret
 * @param tenant the tenant that the key belongs to
 * @param quota the key's own limits
 * @param clamp whether an output bound may be lowered to what is left of the quota, instead of a refusal
 * @param maxPriority the highest priority that this key may ask for; higher wishes are lowered
 * @param models names of the models that this key may use; {@code *} for all
 */
public record Caller(String key, String tenant, Quota quota, boolean clamp, Priority maxPriority,
        Set<String> models) {

    public boolean mayUse(String model) {
        return models.contains("*") || models.contains(model);
    }
}
