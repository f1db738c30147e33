package dev.sluice.redis;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.PARAMETER;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.inject.Qualifier;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/** The Redis that holds the cache: the one of {@code sluice.redis.cache-hosts}, or else the one that holds everything. */
@Qualifier
@Retention(RUNTIME)
@Target({ FIELD, METHOD, PARAMETER})
public @interface ForCache {
}
