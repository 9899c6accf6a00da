// Takes pictures of a page, for whoever wants to see it: node shoot.mjs PAGE.html OUT [keys or #fragment ...]
import { chromium } from "playwright-core";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
const [page, out, ...steps] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const tab = await browser.newPage({ viewport: { width: Number(process.env.W ?? 1440), height: Number(process.env.H ?? 900) }, colorScheme: process.env.DARK ? "dark" : "light" });
tab.on("console", (m) => console.log("console:", m.text()));
tab.on("pageerror", (e) => console.log("error:", e.message, e.stack));
const fragment = steps.find((s) => s.startsWith("#")) ?? "";
await tab.goto(pathToFileURL(page).href + fragment);
await tab.waitForSelector("html[data-ready]", { timeout: 20000 });
for (const s of steps) if (!s.startsWith("#")) await tab.keyboard.press(s);
await tab.waitForTimeout(200);
console.log(JSON.stringify(await tab.evaluate(() => ({ first: performance.getEntriesByName("first-picture")[0]?.startTime, drawn: globalThis.orreryDrawn, frame: globalThis.orreryFrame }))));
await tab.screenshot({ path: out });
await browser.close();
