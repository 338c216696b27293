// Requests an image with a library that wraps an HTTP client, with its defaults. Standard input: {baseUrl, apiKey, client,
// options}. Standard output: `true` if there is an image, or `false`.
import { text } from "node:stream/consumers";

const { baseUrl, apiKey, client, options } = JSON.parse(await text(process.stdin));
globalThis.AI_SDK_LOG_WARNINGS = false; // it would write to standard output
const [model, prompt] = ["gpt-image-1.5", "a cat"];

async function generate(imageModel) {
  const { generateImage } = await import("ai");
  return (await generateImage({ model: imageModel, prompt, maxRetries: 0, ...options })).image.base64;
}

const clients = {
  "ai-sdk": async () => {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return generate(createOpenAI({ baseURL: baseUrl, apiKey }).image(model));
  },
  "ai-sdk-compatible": async () => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    return generate(createOpenAICompatible({ name: "omixa", baseURL: baseUrl, apiKey }).imageModel(model));
  },
  langchain: async () => {
    const { DallEAPIWrapper } = await import("@langchain/openai");
    return new DallEAPIWrapper({ baseUrl, apiKey, model, ...options }).invoke(prompt);
  },
};

try {
  console.log(JSON.stringify(Boolean(await clients[client]())));
} catch {
  console.log("false");
}
