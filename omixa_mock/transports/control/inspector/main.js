// The inspector: one small request tells whether anything changed, and only then is the rest fetched.

import { access, changeAccess, read, takeKey } from "./api.js";
import { clearCalls, refreshCalls } from "./calls.js";
import { byId, el, say, show } from "./dom.js";
import { loadCatalogue, showPlans } from "./faults.js";
import { clearWallet, refreshVerdict, refreshWallet, showWorkspace } from "./side.js";

const EVERY = 400, VERDICT_EVERY = 1500;
let generation = 0, last = "", before = null, known = false, judged = 0, stale = true, troubled = false;

async function update() {
  if (!known) await begin();
  const current = generation;
  const workspace = await read("workspace");
  if (current !== generation) return; // another key was opened meanwhile
  const text = JSON.stringify(workspace);
  // It was reset, or the fake was started anew.
  if (before && (workspace.calls < before.calls || Number(workspace.captured) < Number(before.captured))) forget();
  before = workspace;
  if (text !== last || workspace.under_way) {
    byId("who").textContent = workspace.key;
    showPlans(workspace);
    showWorkspace(workspace);
    await Promise.all([refreshCalls(workspace), refreshWallet()]);
    if (current !== generation) return;
    last = text;
    stale = true;
  }
  // It reads the whole journal: not at every call of a busy client.
  if (stale && performance.now() - judged > VERDICT_EVERY) {
    judged = performance.now();
    stale = workspace.under_way > 0;
    await refreshVerdict();
  }
  await refreshUnmatched();
}

async function begin() {
  const health = await read("health");
  byId("version").textContent = health.version;
  await loadCatalogue();
  known = true;
}

let seen = "";

async function refreshUnmatched() {
  const { calls, evicted } = await read("requests?unmatched=1&limit=20");
  const text = JSON.stringify([calls, evicted]);
  if (text === seen) return;
  seen = text;
  byId("unmatched").hidden = !calls.length;
  byId("unmatched-title").textContent = calls.length === 1 ? "1 call belongs to no workspace"
    : `${calls.length === 20 ? "20 or more" : calls.length} calls belong to no workspace`;
  show(byId("unmatched-list"), calls.reverse().map((call) =>
    el("li", {}, `${call.status ?? "—"} ${call.method} ${call.path}`, el("p", { class: "quiet" }, call.error?.message ?? ""))));
}

async function poll() {
  try {
    if (access.key && !document.hidden) {
      await update();
      if (troubled) say("", "problem");
      troubled = false;
    }
  } catch (error) {
    troubled = true;
    known = known && error.status !== undefined;
    if (error.status === 403) byId("token-part").hidden = false;
    say(error.status ? error.message : "The fake does not answer. This page goes on when it does.", "problem");
  }
  setTimeout(poll, troubled ? 2 * EVERY : EVERY);
}

function forget() {
  generation += 1;
  last = seen = "";
  before = null;
  stale = true;
  clearCalls();
  clearWallet();
}

byId("access").addEventListener("submit", (event) => {
  event.preventDefault();
  changeAccess(byId("key").value.trim(), byId("token").value);
  byId("token").value = "";
  forget();
  say(`Opened ${access.key}.`);
});
addEventListener("hashchange", () => {
  if (!takeKey()) return;
  byId("key").value = access.key;
  forget();
  say(`Opened ${access.key}.`);
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment is the key's
  byId("list").focus();
});
byId("key").value = access.key;
if (matchMedia("(max-width: 62rem)").matches) {
  for (const panel of document.querySelectorAll(".panel")) panel.open = false;
}
if (!access.key) say("Enter the key of a workspace: the one that your client sends.");
poll();
