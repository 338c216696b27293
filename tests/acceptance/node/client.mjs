// Orders one image with a Node client: node client.mjs NAME, as an ordinary program does.
// An exception becomes one line on standard error that is the same in every run.
import { writeFileSync } from "node:fs";

const { OMIXA_BASE_URL: baseURL, OMIXA_API_KEY: apiKey, OMIXA_TIMEOUT } = process.env;
const url = `${baseURL}/images/generations`;
const timeout = Number(OMIXA_TIMEOUT) * 1000;
const request = { model: "gpt-image-1.5", prompt: "a lighthouse", size: "1024x1024", output_format: "png" };
const headers = { Authorization: `Bearer ${apiKey}` };
// Node's decoder of base64 never refuses any.
const decode = (document) => Buffer.from(document.data[0].b64_json, "base64");

async function withFetch() {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(response.status);
  return decode(await response.json());
}

async function withAxios() {
  const { default: axios } = await import("axios");
  return decode((await axios.post(url, request, { headers, timeout })).data);
}

async function withGot() {
  const { default: got } = await import("got");
  return decode(await got.post(url, { json: request, headers, timeout: { request: timeout } }).json());
}

async function withOpenAI(options) {
  const { default: OpenAI } = await import("openai");
  return decode(await new OpenAI({ baseURL, apiKey, timeout, ...options }).images.generate(request));
}

async function withAI() {
  const { createOpenAI } = await import("@ai-sdk/openai");
  const { generateImage } = await import("ai");
  const { image } = await generateImage({
    model: createOpenAI({ baseURL, apiKey }).image(request.model),
    prompt: request.prompt,
    size: request.size,
    providerOptions: { openai: { output_format: "png" } },
    abortSignal: AbortSignal.timeout(timeout),
  });
  return image.uint8Array;
}

async function withLangChain() {
  const { DallEAPIWrapper } = await import("@langchain/openai");
  const { model, prompt, size } = request;
  // It passes no timeout on to its OpenAI SDK.
  const options = { baseUrl: baseURL, apiKey, model, size, quality: "auto", dallEResponseFormat: "b64_json" };
  const tool = new DallEAPIWrapper(options);
  return Buffer.from(await tool.invoke(prompt, { timeout }), "base64");
}

const clients = {
  "ai-sdk": withAI,
  axios: withAxios,
  fetch: withFetch,
  got: withGot,
  langchain: withLangChain,
  "openai-node": withOpenAI,
  "openai-node-without-retries": () => withOpenAI({ maxRetries: 0 }),
};

/** Return the innermost name of an error. */
function describeError(error) {
  const status = error.status ?? error.statusCode ?? error.response?.status ?? error.response?.statusCode;
  if (status >= 400) return `${error.constructor.name} ${status}`;
  if (/^\d+$/.test(error.message)) return error.message;
  let inner = error;
  while (inner.cause ?? inner.lastError) inner = inner.cause ?? inner.lastError;
  const code = typeof inner.code === "string" ? inner.code : inner.name;
  // Which of these codes a lost connection gets, and in which error, depends on timing.
  if (/^(ECONNRESET|UND_ERR_SOCKET|ERR_BAD_RESPONSE)$/.test(code)) return "connection lost";
  return error.constructor.name === code ? code : `${error.constructor.name}: ${code}`;
}

try {
  writeFileSync("out.png", await clients[process.argv[2]]());
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
