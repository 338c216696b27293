// Orders images with the OpenAI SDK. Standard input: {baseUrl, apiKey, order}; prints {status, body, error}.
import { text } from "node:stream/consumers";
import OpenAI from "openai";

const { baseUrl, apiKey, order } = JSON.parse(await text(process.stdin));
const client = new OpenAI({ baseURL: baseUrl, apiKey });
try {
  const body = await client.images.generate(order);
  console.log(JSON.stringify({ status: 200, body, error: null }));
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.log(JSON.stringify({ status: error.status, body: { error: error.error }, error: error.constructor.name }));
}
