package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Refused;

final class AdminRefusals {
    private AdminRefusals() {
    }

    static void assertRefusal(Refused refused, int status, String type, String code) {
        assertThat(refused.refusal().status()).isEqualTo(status);
        assertThat(refused.refusal().type()).isEqualTo(type);
        assertThat(refused.refusal().code()).contains(code);
    }
}
