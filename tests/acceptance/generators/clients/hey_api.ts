import { generateImages } from "./generated";

async function main(): Promise<void> {
  const body = { model: "gpt-image-1.5", prompt: "a cat", n: 2 } as const;
  const { data } = await generateImages({ auth: process.env.OMIXA_API_KEY, body, throwOnError: true });
  console.log(data.data.length, data.usage.billed_amount);
}
void main();
