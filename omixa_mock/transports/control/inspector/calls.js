// The list of calls, newest first.

import { read } from "./api.js";
import { byId, el, money, say, show } from "./dom.js";
import { detail, fetchHar } from "./detail.js";
import { image, release, unwatch, watch } from "./thumbs.js";

const PAGE = 100, BURST = 500, THUMBS = 3;
const list = byId("list"), older = byId("older");
// Rows by the number of their call.
const rows = new Map();
// Every call up to this number had ended when it was fetched, so that its record changes no more.
let cleared = 0, settled = 0, started = false, exhausted = false;

/** Remove all rows, for another workspace or a new beginning of this one. */
export function clearCalls() {
  cleared += 1;
  for (const { item } of rows.values()) unwatch(item);
  rows.clear();
  show(list);
  settled = 0;
  started = exhausted = false;
  older.hidden = true;
}

/** Fetch the calls that are new or were under way, and show them. */
export async function refreshCalls(workspace) {
  const first = !started;
  const query = `since=${settled}&before=${workspace.calls + 1}&limit=${first ? PAGE : BURST}`;
  const current = cleared;
  const { calls } = await read(`requests?${query}`);
  if (current !== cleared) return; // these are of another workspace
  // More calls came than are fetched at a time: the older ones are fetched when they are wanted.
  if (calls.length === BURST && calls[0].number > settled + 1) clearCalls();
  const fresh = calls.filter((call) => place(call, !first));
  older.hidden = exhausted || !rows.size || lowest() <= 1 + workspace.calls_evicted;
  started = true;
  settled = Math.min(workspace.calls, ...workspace.calls_under_way.map((number) => number - 1));
  byId("empty").hidden = rows.size > 0;
  if (!first && fresh.length) announce(fresh);
}

const lowest = () => Math.min(...rows.keys(), Infinity);

function announce(fresh) {
  const newest = fresh.at(-1);
  const more = fresh.length > 1 ? `${fresh.length} new calls. ` : "";
  say(`${more}Call ${newest.number}: ${newest.status ?? "no response"}.`);
}

/** Show a call at its place in the list; return true if it is new. */
function place(call, isNew) {
  const known = rows.get(call.number), text = JSON.stringify(call);
  if (known) {
    if (known.text !== text) rewrite(known, call, text);
    return false;
  }
  const item = el("li", { class: isNew ? "call new" : "call", id: `call-${call.number}` });
  const row = { item, text, number: call.number };
  const parts = el("details", { ontoggle: () => toggle(row) }, summary(call));
  item.append(parts);
  row.parts = parts;
  insert(item, call.number);
  rows.set(call.number, row);
  watch(item);
  return true;
}

/** Insert a row before the first one with a smaller number. */
function insert(item, number) {
  let next = list.firstElementChild;
  if (list.lastElementChild && numberOf(list.lastElementChild) > number) return list.append(item);
  while (next && numberOf(next) > number) next = next.nextElementSibling;
  list.insertBefore(item, next);
}

const numberOf = (item) => Number(item.id.slice(5));

function rewrite(row, call, text) {
  const focused = document.activeElement === row.parts.firstElementChild;
  row.text = text;
  unwatch(row.item);
  row.parts.firstElementChild.replaceWith(summary(call));
  watch(row.item);
  if (focused) row.parts.firstElementChild.focus();
  if (row.parts.open) toggle(row);
}

async function toggle(row) {
  const shown = row.parts.querySelector(":scope > .detail");
  if (shown) release(shown);
  shown?.remove();
  if (!row.parts.open) return;
  const box = el("div", { class: "detail" }, el("p", { class: "quiet" }, "Loading …"));
  row.parts.append(box);
  try {
    show(box, await detail(row.number));
  } catch (error) {
    show(box, el("p", {}, error.message));
  }
}

function summary(call) {
  const request = call.request ?? {};
  const good = call.status !== null && call.status < 400 && !call.client_left;
  const title = typeof request.prompt === "string" && request.prompt ? request.prompt : `${call.method} ${call.path}`;
  const facts = [
    call.operation,
    call.error && !call.planned ? call.error.name.replaceAll("_", " ") : null,
    call.fault && `fault ${call.fault}`,
    call.charge == null ? null : `${money(call.charge)} USD`,
    call.waited ? `waited ${call.waited.toFixed(2)} s` : null,
    call.client_left ? "client left" : null,
  ];
  return el("summary", {},
    el("span", { class: "number" }, `#${call.number}`),
    el("span", { class: good ? "code" : "code bad" }, call.status ?? "—"),
    el("span", { class: "what" }, el("b", {}, title.slice(0, 300)), el("span", {}, facts.filter(Boolean).join(" · "))),
    el("span", { class: "thumbs" }, call.charge == null || call.client_left ? [] : thumbs(call)));
}

function thumbs(call) {
  return call.fingerprints.slice(0, THUMBS).map((_, index) => {
    const node = image(`requests/${call.number}/images/${index + 1}`, { alt: `Image ${index + 1} of call ${call.number}` });
    node.addEventListener("missing", () => node.remove());
    return node;
  });
}

/** Fetch the next page of older calls. */
async function loadOlder() {
  if (older.disabled || !rows.size) return;
  older.disabled = true;
  try {
    const current = cleared;
    const { calls } = await read(`requests?before=${lowest()}&limit=${2 * PAGE}`);
    if (current !== cleared) calls.length = 0;
    for (const call of calls.reverse()) place(call, false);
    older.hidden = exhausted = calls.length < 2 * PAGE;
  } catch (error) {
    say(error.message, "problem");
  }
  older.disabled = false;
}

/** Open the row of a call, and move the focus there. */
export function openCall(number) {
  const row = rows.get(number);
  if (!row) return say(`Call ${number} is not in the list; fetch older calls first.`);
  row.parts.open = true;
  row.parts.firstElementChild.focus();
}

older.addEventListener("click", loadOlder);
new IntersectionObserver(([entry]) => entry.isIntersecting && loadOlder(), { rootMargin: "600px" }).observe(older);
byId("har").addEventListener("click", () => fetchHar("har?limit=1000", "omixa-mock.har"));
list.addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!step || !event.target.matches(".call > details > summary")) return;
  event.preventDefault();
  event.target.closest(".call")[step]?.querySelector("summary").focus();
});
