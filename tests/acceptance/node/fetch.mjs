// Orders images with Node's own fetch. Standard input: {baseUrl, apiKey, order}; prints {status, body}.
import { text } from "node:stream/consumers";

const { baseUrl, apiKey, order } = JSON.parse(await text(process.stdin));
const response = await fetch(`${baseUrl}/images/generations`, {
  method: "POST",
  headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
  body: JSON.stringify(order),
});
console.log(JSON.stringify({ status: response.status, body: await response.json() }));
