// Planned faults: a form over the catalogue, and the list of plans.

import { ask, read } from "./api.js";
import { byId, el, say, show } from "./dom.js";

const MOMENTS = { before_hold: "before any money is held", before_capture: "before the charge", after_capture: "after the charge" };
let kinds = {};

/** Fetch the catalogue, and fill the form. */
export async function loadCatalogue() {
  const { faults } = await read("catalogue");
  kinds = Object.fromEntries(faults.map((fault) => [fault.name, fault]));
  const families = [...new Set(faults.map((fault) => fault.family))];
  show(byId("fault"), families.map((family) => el("optgroup", { label: family },
    faults.filter((fault) => fault.family === family).map((fault) => el("option", { value: fault.name }, fault.name)))));
  byId("fault").value = "no_route" in kinds ? "no_route" : faults[0].name;
  describe();
}

function describe() {
  const kind = kinds[byId("fault").value];
  byId("fault-text").textContent = `${kind.text} (${kind.provenance})`;
  show(byId("moment"), kind.moments.map((moment) => el("option", { value: moment }, MOMENTS[moment])));
  byId("moment").disabled = kind.moments.length < 2;
  toggle("duration", kind.duration !== null);
  byId("duration").value = kind.duration ?? "";
  toggle("times", byId("often").value === "times");
}

function toggle(id, isShown) {
  // A hidden field is validated too, and blocks the form.
  byId(id).hidden = byId(id).disabled = !isShown;
  document.querySelector(`label[for=${id}]`).hidden = !isShown;
}

/** Return the plan in the form, as the control route takes it. */
function plan() {
  const kind = kinds[byId("fault").value], moment = byId("moment").value;
  const name = moment === kind.moments[0] ? kind.name : `${kind.name}_${moment}`;
  const duration = kind.duration === null ? "" : `:${byId("duration").value.trim()}`;
  const times = { once: 1, times: Number(byId("times").value), ever: null }[byId("often").value];
  return { fail: `${name}${duration}`, times };
}

let shown = "";

/** Show the plans of a workspace. */
export function showPlans({ plans }) {
  // The buttons stay as they are while nothing changes: one of them may have the focus.
  if (shown === (shown = JSON.stringify(plans)) && byId("plans").children.length) return;
  show(byId("plans"), plans.map((state) => el("li", {},
    el("span", {}, el("code", {}, state.plan.fail.slice(0, 5).join(", ")), ` ${often(state.plan)}: ${state.state}`,
      state.fired ? `, ${state.fired} so far` : ""),
    el("button", { type: "button", onclick: () => remove(`faults?number=${state.number}`, "Removed the plan."),
      "aria-label": `Remove ${state.plan.fail[0]}` }, "Remove"))));
  if (!plans.length) show(byId("plans"), el("li", { class: "quiet" }, "Nothing is planned."));
  if (plans.length > 1) byId("plans").append(el("li", {}, el("button", { type: "button", onclick: () => remove("faults", "Removed all plans.") }, "Remove all")));
}

function often(given) {
  const times = given.times === null ? "for ever" : given.times === 1 ? "once" : `${given.times} times`;
  return [times, given.after ? `after ${given.after} calls` : "", given.probability < 1 ? `with probability ${given.probability}` : "",
    Object.keys(given.when).length ? `when ${JSON.stringify(given.when)}` : ""].filter(Boolean).join(", ");
}

async function attempt(action, done) {
  try {
    await action();
    say("", "problem");
    say(done);
    showPlans(await read("faults"));
  } catch (error) {
    say(error.message, "problem");
  }
}

const remove = (path, done) => attempt(() => ask("DELETE", path), done);

byId("fault").addEventListener("change", describe);
byId("often").addEventListener("change", () => toggle("times", byId("often").value === "times"));
byId("fault-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = plan();
  attempt(() => ask("POST", "faults", wanted), `Planned ${wanted.fail}.`);
});
