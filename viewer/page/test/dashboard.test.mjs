// The pages of orrery serve in a real browser, while a hunt runs. ORRERY_COMMAND is the program; without it or without a
// browser every test is skipped, with the reason. Pictures are left in ORRERY_SHOTS.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { axe, browserPath, shots, without } from "../harness/browser.mjs";

const orrery = process.env.ORRERY_COMMAND;
const skip = without(!orrery && "ORRERY_COMMAND does not say where orrery is: see .ci/run viewer");

let browser, dir, hunt, server, url;

/** Starts a command and waits until one of its streams says something that matches; what it says is returned. */
function start(args, stream, match) {
  const child = spawn(orrery, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const heard = new Promise((done, fail) => {
    child[stream].on("data", (d) => { said += d; const m = match.exec(said); if (m) done(m[0]); });
    child.on("exit", (code) => fail(new Error(`orrery ${args.join(" ")} ended with ${code} and said: ${said}`)));
  });
  child[stream === "stdout" ? "stderr" : "stdout"].resume();
  heard.catch(() => {});
  return { child, heard };
}

const ended = (child) => new Promise((done) => { if (child.exitCode !== null) done(); else { child.on("exit", done); child.kill("SIGINT"); } });

before(async () => {
  if (skip) return;
  dir = mkdtempSync(join(tmpdir(), "orrery-serve-"));
  hunt = start(["hunt", "paxos", "--bug", "skips-phase-one", "--ops", "40", "--shrink", "1s", "--budget", "10m", "--out", dir], "stdout", /finding [0-9a-f]{8}, new/);
  await hunt.heard;
  server = start(["serve", dir, "--listen", "127.0.0.1:0"], "stdout", /http:\S+/);
  url = await server.heard;
  browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
});
after(async () => {
  await browser?.close();
  if (hunt) await ended(hunt.child);
  if (server) await ended(server.child);
  if (dir) rmSync(dir, { recursive: true });
});

/** Opens a page and collects whatever it complains of and asks others for. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const tab = await context.newPage(), noise = [];
  tab.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") noise.push(m.text()); });
  tab.on("pageerror", (e) => noise.push(String(e)));
  tab.on("request", (r) => { if (!r.url().startsWith(url) && !r.url().startsWith("data:")) noise.push("request: " + r.url()); });
  await tab.goto(new URL(path, url).href);
  return { tab, close: async () => { assert.deepEqual(noise, []); await context.close(); } };
}

const picture = async (tab, name) => { if (shots) await tab.screenshot({ path: join(shots, name + ".png") }); };
const firstFinding = (tab) => tab.locator("tbody th a").first();

async function clean(tab, name) {
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target + " " + (n.any[0]?.message ?? "")).slice(0, 3).join("; ")}`), [], name);
}

describe("the findings in a browser", { skip }, () => {
  test("are all there without JavaScript", async () => {
    const { tab, close } = await open("/", { javaScriptEnabled: false });
    await firstFinding(tab).click();
    assert.match(await tab.locator("pre").innerText(), /VIOLATED/);
    assert.equal(await tab.getByRole("button", { name: "Copy" }).count(), 0, "nothing is offered that would do nothing");
    await close();
  });

  test("follow the hunt, and leave the focus where it is", async () => {
    const { tab, close } = await open("/");
    await tab.waitForSelector("html[data-live=yes]");
    assert.match(await tab.locator("#live").innerText(), /live/);
    await firstFinding(tab).focus();
    const figure = () => tab.locator(".hunt.live .how span").innerText();
    const before = await figure();
    await tab.waitForFunction((old) => document.querySelector(".hunt.live .how span")?.textContent !== old, before, { timeout: 15_000 });
    assert.match(await tab.evaluate(() => document.activeElement.id), /^f-[0-9a-f]{8}$/);
    assert.ok(await tab.locator(".cover li").count() > 5, "marks and faults");
    await picture(tab, "serve");
    await close();
  });

  for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 420, height: 800 } }]]) {
    test(`have nothing that axe complains of: ${name}`, async () => {
      const { tab, close } = await open("/", { ...options, bypassCSP: true });
      await tab.waitForSelector("html[data-live=yes]");
      await clean(tab, "the list");
      await picture(tab, `serve-${name}`);
      await firstFinding(tab).click();
      await tab.locator("pre").waitFor();
      await clean(tab, "a finding");
      await picture(tab, `serve-${name}-finding`);
      await close();
    });
  }

  test("have commands that can be copied, and the page of the run", async () => {
    const { tab, close } = await open("/");
    await firstFinding(tab).click();
    await tab.getByRole("button", { name: "Copy" }).first().click();
    await tab.getByText("The command is copied").waitFor();
    assert.match(await tab.evaluate(() => navigator.clipboard.readText()), /orrery replay/);
    await tab.getByRole("link", { name: "Open the page of its run" }).click();
    await tab.waitForSelector("html[data-ready=yes]");
    assert.match(await tab.locator("header h1").innerText(), /VIOLATED/);
    await picture(tab, "serve-run");
    await close();
  });

  test("say that the hunt has ended, and that the server has", async () => {
    const { tab } = await open("/");
    await tab.waitForSelector("html[data-live=yes]");
    await ended(hunt.child);
    await tab.getByText("ended: interrupted").waitFor({ timeout: 20_000 });
    await ended(server.child);
    await tab.waitForSelector("html[data-live=no]", { timeout: 20_000 });
    await picture(tab, "serve-ended");
  });
});
