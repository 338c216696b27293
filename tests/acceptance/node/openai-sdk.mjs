// Requests images with the OpenAI SDK. Standard input: {baseUrl, apiKey, imageRequest}.
// Standard output: {status, body, error}.
import { text } from "node:stream/consumers";
import OpenAI from "openai";

const { baseUrl, apiKey, imageRequest } = JSON.parse(await text(process.stdin));
const client = new OpenAI({ baseURL: baseUrl, apiKey });
try {
  const body = await client.images.generate(imageRequest);
  console.log(JSON.stringify({ status: 200, body, error: null }));
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.log(JSON.stringify({ status: error.status, body: { error: error.error }, error: error.constructor.name }));
}
