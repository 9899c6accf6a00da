// What the tests in a real browser share: where the pages and the browser are, one that is opened for all tests of a file,
// and hands and eyes for a page. It is not in test/, for whatever is there is run as tests.
import { after, before } from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const pages = process.env.ORRERY_PAGES, shots = process.env.ORRERY_SHOTS;
export const browserPath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
export const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
if (shots) mkdirSync(shots, { recursive: true });

/** Why tests are skipped for which something is missing, besides a browser; false if nothing is. */
export const without = (missing) => missing || (!browserPath && "there is no chromium here, and CHROMIUM does not say where else") || false;
export const noPages = !pages && "ORRERY_PAGES does not say where the pages are: see .ci/run viewer";

let browser;
/** Launches the browser for the tests of a file, unless they are skipped. */
export function launched(skip) {
  before(async () => { if (!skip) browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] }); });
  after(async () => { await browser?.close(); });
}

/** A tab for what `open` would complain of. */
export const newTab = () => browser.newPage();

/** Opens a page and collects whatever it complains of and asks the network for. */
export async function open(name, { hash = "", dark = false, width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", acceptDownloads: true, bypassCSP: true });
  const tab = await context.newPage(), noise = [], url = pathToFileURL(join(pages, name)).href;
  tab.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") noise.push(m.text()); });
  tab.on("pageerror", (e) => noise.push(String(e)));
  tab.on("request", (r) => { if (!r.url().startsWith(url) && !r.url().startsWith("data:") && !r.url().startsWith("blob:")) noise.push("request: " + r.url()); });
  await tab.goto(url + hash);
  await tab.waitForSelector("html[data-ready=yes]", { timeout: 60_000 });
  return { tab, noise, close: async () => { assert.deepEqual(noise, []); await context.close(); } };
}

/** Waits until what was done is drawn. */
export const settled = (tab) => tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
export const press = async (tab, ...keys) => { for (const k of keys) await tab.keyboard.press(k); await settled(tab); };
export const fill = async (tab, text) => { await tab.getByRole("searchbox").fill(text); await settled(tab); };
export const drawn = (tab) => tab.evaluate(() => globalThis.orreryDrawn);
export const chosen = (tab) => tab.locator("[role=option][aria-selected=true]").innerText();
export const picture = async (tab, name) => { if (shots) await tab.screenshot({ path: join(shots, name + ".png") }); };
