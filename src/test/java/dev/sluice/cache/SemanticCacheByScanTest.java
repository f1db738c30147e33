package dev.sluice.cache;

import dev.sluice.config.Settings.IndexKind;

class SemanticCacheByScanTest extends SemanticCacheContract {
    SemanticCacheByScanTest() {
        super(IndexKind.SCAN);
    }
}
