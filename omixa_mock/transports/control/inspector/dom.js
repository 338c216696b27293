// Elements. Text becomes a text node, never markup: this page has no other way to make elements.

export const byId = (id) => document.getElementById(id);

/** Return an HTML element; an attribute that begins with "on" is a listener, false and null leave one out. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Return an SVG element. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** Replace the children of an element. */
export function show(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child != null && child !== false));
}

/** Write into a status line; screen readers announce it. */
export function say(text, id = "status") {
  const node = byId(id);
  if (node.textContent !== text) node.textContent = text;
}

/** Return a table of texts. */
export function table(heads, rows) {
  return el("table", {},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, String(cell)))))));
}

/** Return an amount without the zeros that say nothing. */
export const money = (amount) => String(amount).replace(/(\.\d\d\d*?)0+$/, "$1");

/** Return a list of terms and what they are; entries without a value are left out. */
export function terms(entries) {
  return el("dl", {}, entries.filter(([, value]) => value != null && value !== "" && value !== false)
    .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** Offer a file to the user. */
export function download(name, blob) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
