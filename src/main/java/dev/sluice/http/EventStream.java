package dev.sluice.http;

import dev.sluice.Reply.Source;

/** The entity of a response that is told in events. */
record EventStream(Source source) {}
