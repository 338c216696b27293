// Requests images with Node's fetch. Standard input: {baseUrl, apiKey, imageRequest}. Standard output: {status, body}.
import { text } from "node:stream/consumers";

const { baseUrl, apiKey, imageRequest } = JSON.parse(await text(process.stdin));
const response = await fetch(`${baseUrl}/images/generations`, {
  method: "POST",
  headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
  body: JSON.stringify(imageRequest),
});
console.log(JSON.stringify({ status: response.status, body: await response.json() }));
