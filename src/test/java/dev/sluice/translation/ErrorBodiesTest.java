package dev.sluice.translation;

import static dev.sluice.translation.JsonText.bytes;
import static dev.sluice.translation.JsonText.tree;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorBodiesTest {

    @Test
    void saysAnthropicsErrorsAsOpenAi() {
        assertThat(tree(ErrorBodies.asChat(bytes("""
                {'type':'error','error':{'type':'invalid_request_error','message':'max_tokens: too large'},
                 'request_id':'req_1'}""")))).isEqualTo(
                tree("""
                        {'error':{'message':'max_tokens: too large','type':'invalid_request_error','param':null,'code':null}}"""));
        assertThat(tree(ErrorBodies.asChat(bytes(
                "{'type':'error','error':{'type':'rate_limit_error','message':'Slow down'}}"))).at("/error/code")
                .asText())
                .isEqualTo("rate_limit_exceeded");
    }

    @ParameterizedTest
    @CsvSource({ "400, invalid_request_error", "401, authentication_error", "402, billing_error",
            "403, permission_error", "404, not_found_error", "409, invalid_request_error", "413, request_too_large",
            "422, invalid_request_error", "429, rate_limit_error", "500, api_error", "502, api_error",
            "503, overloaded_error", "504, timeout_error", "529, overloaded_error"})
    void saysOpenAisErrorsAsAnthropic(int status, String type) {
        assertThat(tree(ErrorBodies.asMessages(status, bytes("{'error':{'message':'No.','type':'x','code':'y'}}"))))
                .isEqualTo(tree("{'type':'error','error':{'type':'" + type + "','message':'No.'}}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = { "{'error':'No.'} | No.", "{'message':'No.'} | No.",
            "{'detail':'No.'} | No.", "{'x':1} | {\"x\":1}", "<html>No.</html> | <html>No.</html>",
            "`` | The provider refused the request without a reason."})
    void findsAReasonInWhateverComes(String body, String message) {
        assertThat(tree(ErrorBodies.asMessages(400, bytes(body))).at("/error/message").asText()).isEqualTo(message);
        assertThat(tree(ErrorBodies.asChat(bytes(body))).at("/error/message").asText()).isEqualTo(message);
    }

    @Test
    void repeatsNoNovel() {
        assertThat(ErrorBodies.asChat(bytes("x".repeat(5_000))).length).isLessThan(1_200);
    }
}
