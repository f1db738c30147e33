package dev.sluice.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.Finish;
import java.io.IOException;

/** What the members of a whole answer say of how it ended. */
interface FinishReader {

    /** @param parser stands at the value of this member of the top level; afterwards at its end */
    void read(String member, JsonParser parser) throws IOException;

    Finish finish();

    /** Of answers that do not say. */
    final class None implements FinishReader {

        @Override
        public void read(String member, JsonParser parser) throws IOException {
            parser.skipChildren();
        }

        @Override
        public Finish finish() {
            return Finish.OTHER;
        }
    }

    /** Each choice of a chat completion has its {@code finish_reason}. */
    final class OfChoices implements FinishReader {
        private Finish all;

        @Override
        public void read(String member, JsonParser parser) throws IOException {
            if (!member.equals("choices") || parser.currentToken() != JsonToken.START_ARRAY) {
                parser.skipChildren();
                return;
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                Finish one = parser.currentToken() == JsonToken.START_OBJECT ? choice(parser) : Finish.OTHER;
                parser.skipChildren(); // of what is no choice
                all = all == null ? one : all.and(one);
            }
        }

        private static Finish choice(JsonParser parser) throws IOException {
            Finish finish = Finish.OTHER;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.VALUE_STRING && name.equals("finish_reason")) {
                    finish = ChatDialect.finish(parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
            return finish;
        }

        @Override
        public Finish finish() {
            return all == null ? Finish.OTHER : all;
        }
    }

    /** A message has its {@code stop_reason}. */
    final class OfMessage implements FinishReader {
        private boolean message;
        private Finish stopped = Finish.OTHER;

        @Override
        public void read(String member, JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                parser.skipChildren();
                return;
            }
            switch (member) {
                case "type" -> message = parser.getText().equals("message");
                case "stop_reason" -> stopped = MessagesDialect.finish(parser.getText());
                default -> {
                    // ids, roles
                }
            }
        }

        @Override
        public Finish finish() {
            return message ? stopped : Finish.OTHER;
        }
    }

    /** A response has a {@code status}, and {@code incomplete_details} where that does not say all. */
    final class OfResponse implements FinishReader {
        private String status = "";
        private String reason = "";

        @Override
        public void read(String member, JsonParser parser) throws IOException {
            if (parser.currentToken() == JsonToken.VALUE_STRING && member.equals("status")) {
                status = parser.getText();
            } else if (parser.currentToken() == JsonToken.START_OBJECT && member.equals("incomplete_details")) {
                details(parser);
            } else {
                parser.skipChildren();
            }
        }

        private void details(JsonParser parser) throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.VALUE_STRING && name.equals("reason")) {
                    reason = parser.getText();
                } else {
                    parser.skipChildren();
                }
            }
        }

        @Override
        public Finish finish() {
            return ResponsesDialect.finish(status, reason);
        }
    }
}
