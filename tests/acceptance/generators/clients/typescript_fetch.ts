import { Configuration, ImagesApi } from "./generated";

async function main(): Promise<void> {
  const api = new ImagesApi(new Configuration({ accessToken: process.env.OMIXA_API_KEY }));
  const imageRequest = { model: "gpt-image-1.5", prompt: "a cat", n: 2 } as const;
  const response = await api.generateImages({ imageRequest });
  console.log(response.data.length, response.usage.billedAmount);
}
void main();
