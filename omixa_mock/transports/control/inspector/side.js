// The state of the workspace: verdict, wallet, routes, settings.

import { ask, read } from "./api.js";
import { byId, el, money, say, show, svg, table } from "./dom.js";
import { openCall } from "./calls.js";

const ENTRIES = 500, ROWS = 100, POINTS = 240;
let entries = [];

/** Forget the ledger, for another workspace. */
export const clearWallet = () => { entries = []; };

/** Fetch and show the wallet. */
export async function refreshWallet() {
  const wallet = await read(`ledger?since=${entries.at(-1)?.number ?? 0}&limit=${ENTRIES}`);
  entries = [...entries, ...wallet.entries].slice(-ENTRIES);
  show(byId("sums"), ["balance", "held", "captured"].map((name) =>
    el("div", {}, el("dt", {}, name), el("dd", { id: `sum-${name}` }, money(wallet[name])))));
  show(byId("curve"), curve());
  const total = entries.at(-1)?.number ?? 0;
  byId("ledger-title").textContent = `Ledger, ${total} ${total === 1 ? "entry" : "entries"}`;
  show(byId("ledger"), table(["Entry", "Call", "Amount", "Balance"], entries.slice(-ROWS).reverse().map((entry) =>
    [`${entry.number} ${entry.kind}`, entry.call || "", money(entry.amount), money(entry.balance)])));
}

/** Return the balance after each entry as a line in steps. */
function curve() {
  const step = Math.max(1, Math.ceil(entries.length / POINTS));
  const values = entries.filter((_, index) => index % step === 0 || index === entries.length - 1)
    .map((entry) => Number(entry.balance));
  const most = Math.max(...values), least = Math.min(...values), range = most - least || 1;
  const points = values.flatMap((value, index) => {
    const y = 4 + 52 * (most - value) / range;
    return [`${300 * index / values.length},${y}`, `${300 * (index + 1) / values.length},${y}`];
  });
  const text = `Balance over the last ${entries.length} entries: lowest ${least}, highest ${most}, now ${values.at(-1)} USD`;
  return svg("svg", { viewBox: "0 0 300 60", preserveAspectRatio: "none", class: "curve", role: "img", "aria-label": text },
    svg("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": 2,
      "vector-effect": "non-scaling-stroke" }));
}

/** Fetch and show the verdict. */
export async function refreshVerdict() {
  const { ok, calls, ...found } = await read("verdict?wait=0s");
  const findings = Object.values(found).filter(Array.isArray).flat();
  show(byId("verdict"),
    el("p", {}, ok ? `Nothing to complain about in ${calls} ${calls === 1 ? "call" : "calls"}.`
      : `${findings.length} ${findings.length === 1 ? "finding" : "findings"}: a test would fail.`),
    el("ul", {}, findings.slice(-20).reverse().map((finding) => el("li", {}, el("span", {}, finding.message),
      finding.calls.slice(0, 5).map((number) => el("button", { type: "button", onclick: () => openCall(number) }, `#${number}`))))));
}

/** Show routes and settings. */
export function showWorkspace(workspace) {
  const down = new Set(workspace.routes_down);
  const boxes = workspace.routes.map((route) => el("li", {}, el("label", { class: "line" },
    el("input", { type: "checkbox", value: route, onchange: changeRoutes, checked: !down.has(route) }), `${route} is up`)));
  // A box that has the focus is left as it is.
  if (!byId("routes").contains(document.activeElement)) show(byId("routes"), boxes);
  const changed = Object.entries(workspace.defaults);
  show(byId("settings"), changed.length
    ? el("dl", {}, changed.flatMap(([name, value]) => [el("dt", {}, el("code", {}, name)),
      el("dd", {}, `${JSON.stringify(workspace.settings[name])}, by default ${JSON.stringify(value)}`)]))
    : el("p", { class: "quiet" }, "All settings are at their defaults."));
}

async function changeRoutes() {
  const boxes = [...byId("routes").querySelectorAll("input")];
  const down = boxes.filter((box) => !box.checked).map((box) => box.value);
  await change({ routes_down: down }, down.length ? `Down: ${down.join(", ")}.` : "All routes are up.");
}

async function change(changes, done) {
  try {
    await ask("PUT", "workspace", changes);
    say("", "problem");
    say(done);
  } catch (error) {
    say(error.message, "problem");
  }
}

byId("balance-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const balance = byId("balance").value.trim();
  await change({ balance }, `The balance is ${balance} USD.`);
});
