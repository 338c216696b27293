// Order one image from Omixa and write it to out.png; on any doubt one line on standard error, and no file.
// node order.mjs [PROMPT]. It needs Node 20 and no package.
import { renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { OMIXA_BASE_URL, OMIXA_API_KEY, OMIXA_TIMEOUT = "120" } = process.env;
const [WIDTH, HEIGHT] = [1024, 1024];
const LONGEST_WAIT = 30;
const SIGNATURE = "89504e470d0a1a0a";
const LAST_CHUNK = "0000000049454e44ae426082";

async function post(prompt) {
  const response = await fetch(`${OMIXA_BASE_URL}/images/generations`, {
    method: "POST",
    redirect: "manual",
    headers: { Authorization: `Bearer ${OMIXA_API_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({ model: "gpt-image-1.5", prompt, size: `${WIDTH}x${HEIGHT}`, output_format: "png" }),
    signal: AbortSignal.timeout(Number(OMIXA_TIMEOUT) * 1000), // covers the body too
  });
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
}

async function order(prompt) {
  let response = await post(prompt);
  // Only these two are never charged, so only these are repeated, and only once.
  if (response.status === 429 || response.status === 503) {
    const wait = Number(response.retryAfter ?? 1);
    if (!(wait <= LONGEST_WAIT)) throw new Error(`status ${response.status}, and a wait of ${wait} s`);
    await sleep(wait * 1000);
    response = await post(prompt);
  }
  if (response.status !== 200) throw new Error(`status ${response.status}: ${response.text.slice(0, 200)}`);
  return readImage(JSON.parse(response.text));
}

function readImage(document) {
  const text = document?.data?.length === 1 ? document.data[0]?.b64_json : null;
  if (typeof text !== "string") throw new Error("paid for, and without an image");
  const image = Buffer.from(text, "base64");
  // Node's decoder refuses nothing: only what it would write again is right.
  if (image.toString("base64") !== text) throw new Error("paid for, and in damaged base64");
  if (image.toString("hex", 0, 8) !== SIGNATURE) throw new Error("paid for, and no PNG");
  const [width, height] = [image.readUInt32BE(16), image.readUInt32BE(20)];
  if (width !== WIDTH || height !== HEIGHT) throw new Error(`paid for, and of ${width}x${height} pixels`);
  if (image.toString("hex", image.length - 12) !== LAST_CHUNK) throw new Error("paid for, and broken off");
  return image;
}

try {
  const image = await order(process.argv[2] ?? "a lighthouse");
  writeFileSync("out.png.part", image);
  renameSync("out.png.part", "out.png");
} catch (error) {
  console.error(`order.mjs: ${error.message} (${error.cause?.code ?? error.name})`.replaceAll("\n", " "));
  process.exitCode = 1;
}
