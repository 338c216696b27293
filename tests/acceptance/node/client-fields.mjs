// Requests images with the OpenAI SDK and no option of its own. Standard input: {baseUrl, apiKey, edit}.
// Standard output: {status}.
import { text } from "node:stream/consumers";
import OpenAI, { toFile } from "openai";

const { baseUrl, apiKey, edit } = JSON.parse(await text(process.stdin));
const client = new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });
const fields = { model: "gpt-image-1.5", prompt: "a cat" };
try {
  if (edit) await client.images.edit({ ...fields, image: await toFile(Buffer.from("png"), "a.png", { type: "image/png" }) });
  else await client.images.generate(fields);
  console.log(JSON.stringify({ status: 200 }));
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.log(JSON.stringify({ status: error.status }));
}
