// What not to do: a loop that orders again after any error, no timeout, and a decoder that refuses nothing.
import { writeFileSync } from "node:fs";

const body = { model: "gpt-image-1.5", prompt: "a lighthouse", size: "1024x1024", output_format: "png" };
for (let attempt = 1; attempt <= 3; attempt += 1) {
  try {
    const response = await fetch(`${process.env.OMIXA_BASE_URL}/images/generations`, {
      method: "POST",
      headers: { Authorization: `Bearer ${process.env.OMIXA_API_KEY}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const { data } = await response.json();
    writeFileSync("out.png", Buffer.from(data[0].b64_json, "base64"));
    break;
  } catch (error) {
    console.error(`attempt ${attempt}: ${error.message}`);
  }
}
