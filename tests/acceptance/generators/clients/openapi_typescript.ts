import createClient from "openapi-fetch";
import type { paths } from "./generated";

async function main(): Promise<void> {
  // Types alone know no server.
  const client = createClient<paths>({ baseUrl: process.env.OMIXA_URL });
  const { data, error } = await client.POST("/api/v1/images/generations", {
    headers: { Authorization: `Bearer ${process.env.OMIXA_API_KEY}` },
    body: { model: "gpt-image-1.5", prompt: "a cat", n: 2 },
  });
  if (!data) throw new Error(error.error.message);
  console.log(data.data.length, data.usage.billed_amount);
}
void main();
