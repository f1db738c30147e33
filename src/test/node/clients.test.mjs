// OpenAI's and Anthropic's own packages, unmodified: only the base URL and the key are ours.
// NodeClientsIT starts the gateway and says where it is.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const { SLUICE_URL, SLUICE_KEY, SLUICE_SMALL_KEY } = process.env;
const unique = `Grüße 😀 ${randomUUID()}`;
const call = { city: "Ulm" };
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

const openai = (apiKey = SLUICE_KEY, maxRetries = 2) =>
  new OpenAI({ baseURL: `${SLUICE_URL}/v1`, apiKey, maxRetries });
const anthropic = (apiKey = SLUICE_KEY, maxRetries = 2) => new Anthropic({ baseURL: SLUICE_URL, apiKey, maxRetries });

const chat = (model, more = {}) => ({ model, messages: [{ role: "user", content: unique }], ...more });
const message = (model, more = {}) => ({ ...chat(model), max_tokens: 50, ...more });
const chatTools = { tools: [{ type: "function", function: { name: "get_weather", parameters } }] };
const messageTools = { tools: [{ name: "get_weather", input_schema: parameters }] };

for (const model of ["gpt", "claude"]) {
  test(`openai, ${model}: chat, and the second time from the cache`, async () => {
    const first = await openai().chat.completions.create(chat(model));
    const second = await openai().chat.completions.create(chat(model)).withResponse();

    assert.equal(first.choices[0].message.content, `You said: ${unique}`);
    assert.equal(first.usage.total_tokens, 14);
    assert.equal(second.data.choices[0].message.content, `You said: ${unique}`);
    assert.equal(second.response.headers.get("x-sluice-cost-usd"), "0");
  });

  test(`openai, ${model}: a stream`, async () => {
    const stream = await openai().chat.completions.create(
      chat(model, { stream: true, stream_options: { include_usage: true }, seed: 1 }));

    let text = "";
    let usage;
    for await (const chunk of stream) {
      assert.equal(chunk.model, model);
      text += chunk.choices[0]?.delta?.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, `You said: ${unique}`);
    assert.equal(usage.completion_tokens, 5);
  });

  test(`openai, ${model}: a tool, whole and as a stream`, async () => {
    const asked = chat(model, chatTools);
    const first = await openai().chat.completions.create(asked);
    const [tool] = first.choices[0].message.tool_calls;
    const second = await openai().chat.completions.create({
      ...asked,
      messages: [...asked.messages, first.choices[0].message,
        { role: "tool", tool_call_id: tool.id, content: `21 degrees ${unique}` }],
    });
    const told = await openai().chat.completions.stream(chat(model, { ...chatTools, seed: 2 })).finalChatCompletion();

    assert.equal(first.choices[0].finish_reason, "tool_calls");
    assert.deepEqual(JSON.parse(tool.function.arguments), call);
    assert.equal(second.choices[0].message.content, `You said: 21 degrees ${unique}`);
    assert.deepEqual(JSON.parse(told.choices[0].message.tool_calls[0].function.arguments), call);
  });

  test(`openai, ${model}: a response, whole and as a stream`, async () => {
    const whole = await openai().responses.create({ model, input: unique, store: false });
    const told = await openai().responses.stream({ model, input: `${unique}!`, store: false }).finalResponse();

    assert.equal(whole.output_text, `You said: ${unique}`);
    assert.equal(told.output_text, `You said: ${unique}!`);
    assert.equal(told.usage.output_tokens, 5);
  });

  test(`anthropic, ${model}: a message, and the second time from the cache`, async () => {
    const first = await anthropic().messages.create(message(model));
    const second = await anthropic().messages.create(message(model)).withResponse();

    assert.equal(first.content[0].text, `You said: ${unique}`);
    assert.equal(first.stop_reason, "end_turn");
    assert.equal(second.data.content[0].text, `You said: ${unique}`);
    assert.equal(second.response.headers.get("x-sluice-cost-usd"), "0");
  });

  test(`anthropic, ${model}: a stream`, async () => {
    const told = await anthropic().messages.stream(message(model, { max_tokens: 51 })).finalMessage();

    assert.equal(told.content[0].text, `You said: ${unique}`);
    assert.equal(told.model, model);
    assert.equal(told.usage.output_tokens, 5);
  });

  test(`anthropic, ${model}: a tool, whole and as a stream`, async () => {
    const asked = message(model, messageTools);
    const first = await anthropic().messages.create(asked);
    const tool = first.content.find(block => block.type === "tool_use");
    const second = await anthropic().messages.create({
      ...asked,
      messages: [...asked.messages, { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: tool.id, content: `21 degrees ${unique}` }] }],
    });
    const told = await anthropic().messages.stream(message(model, { ...messageTools, max_tokens: 52 })).finalMessage();

    assert.equal(first.stop_reason, "tool_use");
    assert.deepEqual(tool.input, call);
    assert.equal(second.content[0].text, `You said: 21 degrees ${unique}`);
    assert.deepEqual(told.content.find(block => block.type === "tool_use").input, call);
  });
}

test("openai: a structured answer", async () => {
  const schema = { type: "object", properties: { name: { type: "string" }, people: { type: "integer" } } };
  const answer = await openai().chat.completions.parse(
    chat("gpt", { response_format: { type: "json_schema", json_schema: { name: "city", strict: true, schema } } }));

  assert.deepEqual(JSON.parse(answer.choices[0].message.content), { name: "Ulm", people: 128928 });
});

test("openai: embeddings, in order", async () => {
  await openai().embeddings.create({ model: "embedder", input: [`b${unique}`] });
  const answer = await openai().embeddings.create({ model: "embedder", input: [unique, `b${unique}`] });

  assert.deepEqual(answer.data.map(one => one.embedding), [[unique.length, 0.5, -1], [unique.length + 1, 0.5, -1]]);
});

test("openai: models", async () => {
  const names = [];
  for await (const model of openai().models.list()) {
    names.push(model.id);
  }
  assert.ok(["auto", "gpt", "claude"].every(name => names.includes(name)), names.join());
});

test("openai: errors are its own", async () => {
  const fails = (asked, type, client = openai()) => assert.rejects(client.chat.completions.create(asked), type);

  await fails(chat("nobody"), OpenAI.NotFoundError);
  await fails(chat("gpt"), OpenAI.AuthenticationError, openai("sk-wrong"));
  await fails(chat("gpt", { n: 0 }), OpenAI.BadRequestError);
  await fails({ model: "gpt", messages: [{ role: "user", content: `refuse ${unique}` }] },
    error => error instanceof OpenAI.BadRequestError && error.code === "not_liked");
});

test("anthropic: errors are its own", async () => {
  const fails = (asked, type, client = anthropic()) => assert.rejects(client.messages.create(asked), type);

  await fails(message("nobody"), Anthropic.NotFoundError);
  await fails(message("claude"), error => error instanceof Anthropic.AuthenticationError
    && error.error.error.type === "authentication_error", anthropic("sk-wrong"));
  await fails({ model: "claude", max_tokens: 5, messages: [{ role: "user", content: `refuse ${unique}` }] },
    Anthropic.BadRequestError);
});

test("both come back when they are told to", async () => {
  const small = (seed, retries) => openai(SLUICE_SMALL_KEY, retries).chat.completions.create(chat("gpt", { seed }));

  await small(10, 5);
  await assert.rejects(async () => {
    for (let seed = 11; seed < 16; seed++) { // at most one of them a second
      await small(seed, 0);
    }
  }, OpenAI.RateLimitError);
  const answer = await small(20, 5);
  const other = await anthropic(SLUICE_SMALL_KEY, 5).messages.create(message("claude", { max_tokens: 53 }));

  assert.equal(answer.choices[0].message.content, `You said: ${unique}`);
  assert.equal(other.content[0].text, `You said: ${unique}`);
});
