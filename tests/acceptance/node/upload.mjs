// Uploads spaces with Node's fetch. Standard input: {url, apiKey, size, chunked}. Standard output: {status, body}.
import { text } from "node:stream/consumers";

const { url, apiKey, size, chunked } = JSON.parse(await text(process.stdin));
const MEGABYTE = 1_000_000;

async function* spaces() {
  for (let left = size; left > 0; left -= MEGABYTE) yield Buffer.alloc(Math.min(left, MEGABYTE), " ");
}

const response = await fetch(url, {
  method: "POST",
  headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
  body: chunked ? ReadableStream.from(spaces()) : Buffer.alloc(size, " "),
  duplex: "half",
});
console.log(JSON.stringify({ status: response.status, body: await response.json() }));
