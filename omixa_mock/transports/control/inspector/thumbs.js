// Thumbnails: images are fetched when their row comes into view, a few at a time, and given back when it leaves.

import { call } from "./api.js";
import { el } from "./dom.js";

const AT_ONCE = 6;
const waiting = [];
let running = 0;

/** Return an image element of a path that is fetched with the key; its blob is released by `release`. */
export function image(path, attributes) {
  const node = el("img", { decoding: "async", ...attributes });
  node.load = () => enqueue(node, path);
  node.release = () => {
    node.wanted = false;
    if (node.src) URL.revokeObjectURL(node.src);
    node.removeAttribute("src");
  };
  return node;
}

function enqueue(node, path) {
  if (node.wanted) return;
  node.wanted = true;
  waiting.unshift({ node, path });
  next();
}

async function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  const { node, path } = waiting.shift();
  if (!node.wanted) return next();
  running += 1;
  try {
    const blob = await (await call("GET", path)).blob();
    if (node.wanted && !node.src) node.src = URL.createObjectURL(blob);
  } catch (error) {
    node.dispatchEvent(new CustomEvent("missing", { detail: error }));
  } finally {
    running -= 1;
    next();
  }
}

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    for (const node of target.querySelectorAll(".thumbs img")) isIntersecting ? node.load() : node.release();
  }
}, { rootMargin: "200px" });

/** Load the thumbnails of a row while it is in view. */
export const watch = (row) => observer.observe(row);

/** Give back the images within an element that is about to be removed. */
export function release(element) {
  for (const node of element.querySelectorAll("img")) node.release?.();
}

/** Give back the images of a row. */
export function unwatch(row) {
  observer.unobserve(row);
  release(row);
}
