// What is known of one call: refusal, images, money, request, response, and its exports.

import { call as send, read } from "./api.js";
import { download, el, money, say, table, terms } from "./dom.js";
import { image } from "./thumbs.js";

/** Fetch a call, and return the elements that show it. */
export async function detail(number) {
  const [call, ledger] = await Promise.all([read(`requests/${number}`), read(`ledger?call=${number}`)]);
  return [
    exports(number),
    ...refusal(call),
    ...figures(call),
    el("h3", {}, "Outcome"),
    terms([
      ["Charge", call.charge == null ? "nothing" : `${money(call.charge)} USD`],
      ["Fault", call.fault],
      ["Waited", call.waited ? `${call.waited.toFixed(3)} s` : "not at all"],
      ["Routes", call.attempts.map((attempt) => `${attempt.route} (${attempt.outcome})`).join(", ")],
      ["Client", call.client_left ? "left before the response was complete" : ""],
      ["Replayed", call.replayed ? "the response of an earlier call with the same Idempotency-Key" : ""],
      ["Late", call.late && `after the end of ${call.late}`],
      ["Advice", call.advisories.map((advisory) => `${advisory.message} (${advisory.rule})`).join(" ")],
      ["Bytes", call.shed ? "The journal has dropped large bodies of this call." : ""],
    ]),
    ledger.entries.length && table(["Ledger", "Amount", "Balance", "Held"],
      ledger.entries.map((entry) => [entry.kind, money(entry.amount), money(entry.balance), money(entry.held)])),
    el("h3", {}, "Request"),
    json(call.request ?? "(no JSON object)"),
    folded("Headers of the request", json(call.headers)),
    call.response && folded(`Response ${call.response.status}`, json(call.response.body), json(call.response.headers)),
  ].filter(Boolean);
}

const json = (value) => el("pre", { tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2));
const folded = (title, ...children) => el("details", {}, el("summary", {}, title), ...children);

// A line of a refusal ends in [rule; how well it is known: page].
const RULE = /^(.*?)(?: \[([^;\]]+); ([^\]]+)\])?$/s;

function refusal(call) {
  if (!call.error) return [];
  const [title, ...others] = call.error.message.split("\n");
  const lines = others.length ? others : [title];
  return [
    el("h3", {}, call.planned ? "Refused as planned" : "Why it was refused"),
    others.length ? el("p", {}, title) : null,
    el("ul", { class: "reasons" }, lines.map((line) => {
      const [, text, rule, source] = line.match(RULE);
      return el("li", {}, text, rule ? el("span", {}, el("code", {}, rule), ` · ${source}`) : null);
    })),
    others.length || !call.rules.length ? null : el("p", { class: "quiet" }, call.rules.join(", ")),
  ];
}

function figures(call) {
  const shown = [
    ...(call.images ?? []).map((made, index) => figure(`requests/${call.number}/images/${index + 1}`,
      `Image ${index + 1} of ${call.images.length}`, `${made.media_type}, ${made.bytes.toLocaleString("en")} bytes`)),
    ...call.input_images.map((text, index) => figure(`requests/${call.number}/input_images/${index + 1}`,
      `Input image ${index + 1}`, text)),
    ...(call.mask ? [figure(`requests/${call.number}/mask/1`, "Mask", call.mask)] : []),
  ];
  if (call.images === null) shown.push(el("p", { class: "quiet" }, "The journal has dropped the images. Start the fake with --journal-bytes 256MB."));
  return shown.length ? [el("h3", {}, "Images"), el("div", { class: "figures" }, shown)] : [];
}

function figure(path, name, text) {
  const note = el("figcaption", {}, `${name}: ${text}`);
  const node = image(path, { alt: name, height: 180 });
  node.addEventListener("missing", (event) => { node.hidden = true; note.append(`. ${event.detail.message}`); });
  node.load();
  return el("figure", {}, node, note);
}

function exports(number) {
  return el("div", { class: "line" },
    button("Copy as curl", (event) => copy(event.target, number, "curl")),
    button("Copy as pytest test", (event) => copy(event.target, number, "pytest")),
    button("Download HAR", () => fetchHar(`requests/${number}/har`, `call-${number}.har`)));
}

const button = (text, onclick) => el("button", { type: "button", onclick }, text);

async function copy(source, number, form) {
  let text;
  try {
    text = await (await send("GET", `requests/${number}/${form}`)).text();
  } catch (error) {
    return say(error.message, "problem");
  }
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied call ${number} as ${form}.`);
  } catch {
    // No clipboard without a secure context: the text can be copied by hand.
    const area = el("textarea", { rows: 6, readonly: true, "aria-label": `Call ${number} as ${form}` });
    area.value = text;
    source.parentElement.after(area);
    area.select();
  }
}

/** Offer a HAR as a file. */
export async function fetchHar(path, name) {
  try {
    download(name, await (await send("GET", path)).blob());
    say(`Downloaded ${name}.`);
  } catch (error) {
    say(error.message, "problem");
  }
}
