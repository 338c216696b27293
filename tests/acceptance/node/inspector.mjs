// Uses the inspector in Chromium, as a person does. Argument: path of the browser.
// Standard input: {scenario, url, key, scheme, width, ...}. Standard output: what the scenario returns.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const run = promisify(execFile);
const options = JSON.parse(await text(process.stdin));
const { url, key } = options;
const body = (fields = {}) => JSON.stringify({ model: "gpt-image-1.5", prompt: "a cat on a skateboard", ...fields });

/** Request an image with curl; return the status. */
async function order(fields) {
  const { stdout } = await run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", `${url}/api/v1/images/generations`,
    "-H", `Authorization: Bearer ${key}`, "-H", "Content-Type: application/json", "-d", body(fields)]);
  return Number(stdout);
}

/** Press Tab until the element with the focus matches a selector. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error(`80 times Tab do not reach ${selector}`);
}

const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
const row = (number) => `#call-${number}`;

async function openRow(page, number) {
  await page.click(`${row(number)} > details > summary`);
  await page.waitForSelector(`${row(number)} .detail h3`);
}

const scenarios = {
  /** An order by curl: milliseconds from its end until its row and its image are there. */
  async appears(page) {
    await page.waitForSelector("#empty:not([hidden])");
    await page.waitForFunction(() => document.querySelector("#sum-balance"));
    const status = await order();
    const begin = performance.now();
    await page.waitForFunction(() => document.querySelector("#call-1 .thumbs img")?.naturalWidth > 0, null, { polling: 20 });
    const milliseconds = performance.now() - begin;
    return { status, milliseconds, width: await page.$eval("#call-1 .thumbs img", (image) => image.naturalWidth) };
  },

  /** A prompt of markup, in the list and in the detail. */
  async markup(page) {
    const prompt = options.prompt;
    await order({ prompt, user: prompt });
    await order({ prompt });
    await page.waitForSelector(row(2));
    await openRow(page, 1);
    await openRow(page, 2);
    return page.evaluate((prompt) => ({
      title: document.querySelector("#call-2 b").textContent,
      shown: document.querySelector("#call-2 pre").textContent.includes(JSON.stringify(prompt)),
      elements: document.querySelectorAll("img[src=x], script:not([src])").length,
      ran: window.ran ?? false,
    }), prompt);
  },

  /** The longest pause between two frames while all calls are scrolled through. */
  async scrolling(page) {
    await page.waitForSelector(row(options.calls));
    await page.evaluate(() => {
      window.longest = 0;
      let before = performance.now();
      requestAnimationFrame(function frame(now) {
        window.longest = Math.max(window.longest, now - before);
        before = now;
        requestAnimationFrame(frame);
      });
    });
    await page.mouse.move(300, 500);
    while (!(await page.$(row(1)))) await page.mouse.wheel(0, 6000);
    await page.waitForFunction(() => document.querySelector("#older").hidden);
    return page.evaluate(() => ({ rows: document.querySelectorAll(".call").length, longest: window.longest }));
  },

  /** A fault planned by clicks, and the calls of curl after it. */
  async planning(page) {
    await page.selectOption("#fault", options.fault);
    if (options.moment) await page.selectOption("#moment", options.moment);
    await page.selectOption("#often", options.often);
    if (options.often === "times") await page.fill("#times", "2");
    await page.click("#fault-form button");
    await page.waitForSelector("#plans button");
    const planned = await page.textContent("#plans li");
    const statuses = [];
    for (let number = 0; number < options.orders; number += 1) statuses.push(await order().catch(() => null));
    return { planned, statuses };
  },

  /** A plan removed by a click. */
  async removing(page) {
    await page.click("#fault-form button");
    await page.click("#plans button");
    await page.waitForSelector("#plans .quiet");
    return order();
  },

  /** Balance, routes and settings, changed and shown. */
  async changing(page) {
    await page.fill("#balance", "0.05");
    await page.click("#balance-form button");
    await page.waitForFunction(() => document.querySelector("#sum-balance").textContent === "0.05");
    const statuses = [await order(), await order()];
    await page.waitForSelector(row(2));
    for (const box of await page.locator("#routes input").all()) await box.uncheck();
    await page.waitForFunction(() => document.querySelector("#status").textContent.startsWith("Down: "));
    return {
      statuses: [...statuses, await order({ n: 1 })],
      curve: await page.getAttribute("#curve svg", "aria-label"),
      settings: await page.textContent("#settings"),
    };
  },

  /** Everything by keyboard: plan a fault, open a call, copy it, open the ledger, set the balance. */
  async keyboard(page) {
    await order();
    await page.waitForSelector(row(1));
    await tabTo(page, "#fault");
    await page.keyboard.type("rate_limited");
    await tabTo(page, "#fault-form button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#plans button");
    const status = await order();
    await page.waitForSelector(row(2));
    await page.evaluate(() => document.activeElement.blur());
    await tabTo(page, "#call-2 > details > summary");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${row(1)} .detail button`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#status").textContent.startsWith("Copied"));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    return { status, copied: (await clipboard(page)).slice(0, 4), outline };
  },

  /** The three exports of each call. */
  async exports(page) {
    const found = [];
    for (const fields of options.orders) await order(fields);
    await page.waitForSelector(row(options.orders.length));
    for (let number = 1; number <= options.orders.length; number += 1) {
      await openRow(page, number);
      const texts = {};
      for (const form of ["curl", "pytest test"]) {
        await page.click(`${row(number)} button:text-is("Copy as ${form}")`);
        const done = `Copied call ${number} as ${form.split(" ")[0]}.`;
        await page.waitForFunction((done) => document.querySelector("#status").textContent === done, done);
        texts[form] = await clipboard(page);
      }
      found.push(texts);
    }
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("#har")]);
    return { found, har: JSON.parse(await readFile(await file.path(), "utf-8")) };
  },

  /** Findings of axe-core, with a call of each kind open; and whether the page is wider than its window. */
  async accessibility(page) {
    await order();
    await order({ n: 11 });
    await page.waitForSelector(row(2));
    while (await page.$(".panel:not([open])")) await page.click(".panel:not([open]) > summary");
    await page.click("#fault-form button");
    await openRow(page, 1);
    await openRow(page, 2);
    await page.waitForFunction(() => document.querySelector("#call-1 figure img")?.naturalWidth > 0);
    await page.waitForTimeout(500); // the end of the rows' animation
    await page.evaluate(await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf-8"));
    return page.evaluate(async () => ({
      findings: (await window.axe.run()).violations
        .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => node.html.slice(0, 200)) })),
      background: getComputedStyle(document.body).backgroundColor,
      overflow: document.documentElement.scrollWidth - window.innerWidth,
    }));
  },

  /** What the page sends and where, and whether it can make markup of text. */
  async sealed(page, { sent, complaints }) {
    await order();
    await page.waitForFunction(() => document.querySelector("#call-1 .thumbs img")?.naturalWidth > 0);
    const heard = [...complaints];
    const blocked = await page.evaluate(() => {
      try { document.body.insertAdjacentHTML("beforeend", "<b>"); return false; } catch { return true; }
    });
    return { sent, complaints: heard, blocked };
  },

  /** The rows and the balance after a reset. */
  async resetting(page) {
    await order();
    await order();
    await page.waitForSelector(row(2));
    await page.waitForFunction(() => document.querySelector("#sum-captured").textContent === "0.078");
    await page.evaluate((key) => fetch("reset", { method: "POST", headers: { Authorization: `Bearer ${key}` } }), key);
    await page.waitForSelector("#empty:not([hidden])");
    await page.waitForFunction(() => document.querySelector("#ledger-title").textContent === "Ledger, 1 entry");
    await order();
    await page.waitForSelector(row(1));
    return { rows: await page.$$eval(".call", (rows) => rows.length), balance: await page.textContent("#sum-balance") };
  },

  /** A call whose images the journal has dropped, and one that no workspace has. */
  async leftOut(page) {
    await order({ n: 2 });
    await order({ n: 2 });
    await run("curl", ["-s", `${url}/nowhere`]);
    await page.waitForSelector("#unmatched:not([hidden])");
    await page.waitForSelector(row(2));
    await openRow(page, 1);
    return { dropped: await page.textContent(`${row(1)} .figures`), unmatched: await page.textContent("#unmatched") };
  },

  /** What the page says about a key that is not accepted. */
  async otherKey(page) {
    await page.fill("#key", "no-key");
    await page.click("#access button");
    await page.waitForFunction(() => document.querySelector("#problem").textContent);
    const problem = await page.textContent("#problem");
    await page.fill("#key", key);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => !document.querySelector("#problem").textContent);
    return problem;
  },

  /** The token of the control routes, which the page asks for. */
  async token(page) {
    await page.waitForSelector("#token-part:not([hidden])");
    const problem = await page.textContent("#problem");
    await page.fill("#token", options.token);
    await page.click("#access button");
    await page.waitForSelector("#sum-balance");
    return { problem, balance: await page.textContent("#sum-balance"), hash: new URL(page.url()).hash };
  },

  /** An image of the page for the docs. */
  async screenshot(page) {
    await order({ size: "999x999", n: 11 });
    await page.selectOption("#fault", "reset");
    await page.selectOption("#moment", "after_capture");
    await page.click("#fault-form button");
    await page.waitForSelector("#plans button");
    await order({ prompt: "a map of the moon" }).catch(() => null);
    await order({ n: 2, size: "1536x1024", output_format: "webp", prompt: "a lighthouse at dusk" });
    await order();
    await page.waitForSelector(row(4));
    await openRow(page, options.open);
    await page.waitForTimeout(2000); // until the verdict has been fetched anew
    await page.mouse.move(0, 0);
    await page.evaluate(() => { window.scrollTo(0, 0); document.activeElement.blur(); });
    await page.screenshot({ path: options.path });
    return true;
  },
};

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const context = await browser.newContext({
    colorScheme: options.scheme ?? "light",
    viewport: { width: options.width ?? 1200, height: options.height ?? 800 },
    permissions: ["clipboard-read", "clipboard-write"],
    // axe-core is a script of the test's, which the page's own policy would refuse.
    bypassCSP: options.scenario === "accessibility",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const sent = [], complaints = [];
  page.on("request", (request) => sent.push({ url: request.url(), headers: request.headers() }));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${url}/#key=${key}`);
  await page.waitForSelector("#version", { state: "attached" });
  if (options.scenario !== "token") await page.waitForFunction(() => document.querySelector("#sum-balance"));
  console.log(JSON.stringify(await scenarios[options.scenario](page, { sent, complaints })));
} finally {
  await browser.close();
}
