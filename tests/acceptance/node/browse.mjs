// Opens a page in Chromium and calls a function there. Arguments: path of the browser, URL of the page.
// Standard input: {script, argument}. Standard output: the result of script(argument).
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";

const [executablePath, url] = process.argv.slice(2);
const { script, argument } = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  await page.goto(url);
  console.log(JSON.stringify(await page.evaluate(`(${script})(${JSON.stringify(argument)})`)));
} finally {
  await browser.close();
}
