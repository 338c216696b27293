// Results of Node's fetch under each fault. Standard input: {baseUrl, imageRequest, faults, timeouts}.
// Standard output: {"node-fetch": {fault: {files: [base64]} or {error: text}}}.
import { text } from "node:stream/consumers";

const { baseUrl, imageRequest, faults, timeouts } = JSON.parse(await text(process.stdin));

async function generate(fault) {
  const response = await fetch(`${baseUrl}/images/generations`, {
    method: "POST",
    headers: { Authorization: `Bearer omx_live_fail_${fault}--node-fetch`, "Content-Type": "application/json" },
    body: JSON.stringify(imageRequest),
    signal: AbortSignal.timeout(timeouts[fault] * 1000),
  });
  if (!response.ok) return { error: String(response.status) };
  const { data } = await response.json();
  // Node's decoder of base64 never refuses any.
  return { files: data.map((item) => Buffer.from(item.b64_json, "base64").toString("base64")) };
}

function describeError(error) {
  const inner = error.cause?.code;
  if (inner) return `${error.name}: ${error.message} (${inner})`;
  return error.name;
}

const attempts = faults.map((fault) => generate(fault).catch((error) => ({ error: describeError(error) })));
const outcomes = await Promise.all(attempts);
const table = Object.fromEntries(faults.map((fault, index) => [fault, outcomes[index]]));
process.stdout.write(JSON.stringify({ "node-fetch": table }));
