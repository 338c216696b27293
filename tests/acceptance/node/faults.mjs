// What Node's own fetch ends with under each fault. Standard input: {baseUrl, order, faults, patience};
// prints {"node-fetch": {fault: {files: [base64]} or {error: text}}}.
import { text } from "node:stream/consumers";

const { baseUrl, order, faults, patience } = JSON.parse(await text(process.stdin));

async function place(fault) {
  const response = await fetch(`${baseUrl}/images/generations`, {
    method: "POST",
    headers: { Authorization: `Bearer omx_live_fail_${fault}--node-fetch`, "Content-Type": "application/json" },
    body: JSON.stringify(order),
    signal: AbortSignal.timeout(patience[fault] * 1000),
  });
  if (!response.ok) return { error: String(response.status) };
  const { data } = await response.json();
  // What Node has for base64; it never refuses any.
  return { files: data.map((item) => Buffer.from(item.b64_json, "base64").toString("base64")) };
}

function tell(error) {
  const inner = error.cause?.code;
  if (inner) return `${error.name}: ${error.message} (${inner})`;
  return error.name;
}

const attempts = faults.map((fault) => place(fault).catch((error) => ({ error: tell(error) })));
const outcomes = await Promise.all(attempts);
const table = Object.fromEntries(faults.map((fault, index) => [fault, outcomes[index]]));
process.stdout.write(JSON.stringify({ "node-fetch": table }));
