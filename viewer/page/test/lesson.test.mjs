// The page of a lesson in a real browser: the simulator inside it is played by hand. It opens what
// `go test ./lessons/page` wrote into ORRERY_PAGES; without a browser every test is skipped, with the reason.
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { axe, launched, noPages, open as openPage, pages, picture, settled, without } from "../harness/browser.mjs";

const name = "lesson-9.html";
const skip = without(noPages || (!existsSync(join(pages, name)) && "the page of lesson 9 was not made: go test ./lessons/page makes it"));
launched(skip);

/** Opens the page of a lesson, and passes over its question unless that is to be answered. */
async function open({ answer = true, dark = false, file = name } = {}) {
  const page = await openPage(file, { dark, width: 1500, height: 950 });
  if (answer) await page.tab.getByRole("button", { name: "Show me without answering" }).click();
  return page;
}

const view = async (tab) => { await settled(tab); return tab.evaluate(() => globalThis.orreryView); };
/** Presses a button of something that is listed by its words. */
const does = async (tab, what, button) => { await tab.getByRole("group", { name: what }).first().getByRole("button", { name: button, exact: true }).click(); await settled(tab); };
const press = async (tab, ...keys) => { for (const k of keys) { await tab.keyboard.press(k); await settled(tab); } };

/** Goes on until a proposer has asked the acceptors. */
async function asked(tab) {
  for (let i = 0; i < 40; i++) {
    const v = await view(tab);
    if (v.pending.some((p) => p.message)) return v;
    await press(tab, "n");
  }
  throw new Error("nobody has asked anybody");
}

describe("the page of a lesson", { skip }, () => {
  test("is one file under two megabytes", () => { assert.ok(statSync(join(pages, name)).size < 2_000_000); });

  test("wants a prediction before it shows the run", async () => {
    const { tab, close } = await open({ answer: false });
    assert.equal(await tab.getByText("What you learned").count(), 0);
    assert.equal(await tab.getByRole("button", { name: /^Next/ }).count(), 0);
    const questions = await tab.locator("fieldset.asked").count();
    for (let i = 0; i < questions; i++) await tab.locator("fieldset.asked").nth(i).getByRole("radio").first().check();
    assert.match(await tab.locator(".asked").first().innerText(), /Not so|Right/);
    assert.equal(await tab.getByRole("heading", { name: "What you learned" }).count(), 1);
    assert.equal(await tab.getByRole("button", { name: /^Next/ }).count(), 1);
    await close();
  });

  test("delivers, drops, doubles and delays messages", async () => {
    const { tab, close } = await open();
    const first = (await asked(tab)).pending.filter((p) => p.message), [a, b, c] = first;
    const group = (p) => `${p.what} by ${p.node} from ${p.from}`;
    await does(tab, group(a), "Double");
    assert.equal((await view(tab)).pending.filter((p) => p.what === a.what && p.node === a.node).length, 2);
    await does(tab, group(a), "Deliver");
    let v = await view(tab);
    assert.equal(v.pending.filter((p) => p.what === a.what && p.node === a.node).length, 1);
    assert.ok(v.events.some((e) => e.kind === "deliver" && e.node === a.node && e.peer === a.from));
    await does(tab, group(b), "Drop");
    v = await view(tab);
    assert.ok(v.events.some((e) => e.kind === "drop" && e.node === b.node && e.peer === b.from));
    assert.equal(await tab.locator(".flight.lost").count(), 1, "what is dropped is drawn as dropped");
    await does(tab, group(c), "Delay");
    assert.equal((await view(tab)).pending.find((p) => p.id === c.id).due, c.due + 80e6);
    await picture(tab, "lesson-flight");
    await close();
  });

  test("crashes, starts, pauses and skews machines, and cuts links", async () => {
    const { tab, close } = await open();
    const machine = async (id) => (await view(tab)).machines.find((m) => m.id === id);
    await does(tab, "machine a2", "Crash");
    assert.equal((await machine("a2")).up, false);
    await does(tab, "machine a2", "Start");
    assert.deepEqual([(await machine("a2")).up, (await machine("a2")).life], [true, 2]);
    await does(tab, "machine a1", "Pause");
    assert.equal((await machine("a1")).paused, true);
    await does(tab, "machine a1", "Resume");
    const before = (await machine("a3")).clock ?? 0;
    await does(tab, "machine a3", "Clock −200 ms");
    assert.equal(((await machine("a3")).clock ?? 0) - before, -200e6);
    await tab.getByRole("button", { name: "cut a1–p1" }).click();
    assert.deepEqual((await view(tab)).cuts, ["a1 p1"]);
    await close();
  });

  test("goes back and does otherwise, and keeps both", async () => {
    const { tab, close } = await open();
    await press(tab, "r", "n");
    const there = (await view(tab)).hash, steps = () => tab.locator(".steps button");
    await press(tab, "b");
    await does(tab, "machine a1", "Crash");
    const other = (await view(tab)).hash;
    assert.notEqual(other, there);
    assert.match(await tab.getByRole("heading", { name: /^History/ }).innerText(), /2 branches/);
    await steps().filter({ hasText: "next" }).click();
    assert.equal((await view(tab)).hash, there, "the same steps come to the same state");
    await steps().filter({ hasText: "crash a1" }).click();
    assert.equal((await view(tab)).hash, other);
    assert.equal(await tab.locator(".steps [aria-current=step]").innerText(), "└ crash a1");
    await picture(tab, "lesson-branches");
    await close();
  });

  test("plays the story to its violation, and saves it as a plan", async () => {
    const { tab, close } = await open();
    await press(tab, "p");
    const v = await view(tab);
    assert.equal(v.property, "agreement");
    assert.match(await tab.locator(".verdict-line").innerText(), /VIOLATED agreement/);
    assert.equal(await tab.locator("path.violated").count(), 1);
    await picture(tab, "lesson-story");
    const [download] = await Promise.all([tab.waitForEvent("download"), tab.getByRole("button", { name: "Save as plan" }).click()]);
    const plan = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.deepEqual([plan.orrery, plan.lesson, plan.variant], ["steps", 9, "broken"]);
    assert.equal(plan.expect.hash, v.hash);
    // The same plan is a test in Go: what was saved by this page once lies in lessons/page/testdata.
    writeFileSync(join(pages, "saved.json"), JSON.stringify(plan, null, 2) + "\n");
    await close();
  });

  test("holds where the right variant is played", async () => {
    const { tab, close } = await open();
    await tab.getByLabel("Variant").selectOption("fixed");
    await press(tab, "p");
    assert.equal((await view(tab)).verdict, "ok so far");
    assert.match(await tab.locator(".verdict-line").innerText(), /steps are not possible with this variant/);
    await close();
  });

  for (const dark of [false, true]) {
    test(`has nothing that axe complains of: ${dark ? "dark" : "light"}`, async () => {
      const { tab, close } = await open({ dark });
      await press(tab, "p");
      await tab.getByRole("button", { name: "A hint" }).click();
      await tab.evaluate(axe);
      const { violations } = await tab.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map((x) => `${x.id}: ${x.nodes.map((n) => n.target + " " + (n.any[0]?.message ?? "")).slice(0, 3).join("; ")}`), []);
      await picture(tab, dark ? "lesson-dark" : "lesson-light");
      await close();
    });
  }
});

/** Answers every question, the first one wrongly first. */
async function answered(tab) {
  const asked = tab.locator("fieldset.asked"), questions = await asked.count();
  assert.ok(questions > 0, "a lesson asks before it shows");
  for (let i = 0; i < questions; i++) await asked.nth(i).getByRole("radio").first().check();
  assert.match(await asked.first().innerText(), /Not so|Right/);
  await tab.getByRole("button", { name: /^Next/ }).waitFor();
}

/** Lets the page save what it shows, and the command replay it: the same Go code, there as here, comes to the same hash. */
async function saved(tab, file) {
  const v = await view(tab);
  const [download] = await Promise.all([tab.waitForEvent("download"), tab.getByRole("button", { name: "Save as plan" }).click()]);
  const plan = JSON.parse(readFileSync(await download.path(), "utf8")), path = join(pages, file.replace(".html", ".json"));
  assert.deepEqual([plan.orrery, plan.expect.hash, plan.expect.verdict], ["steps", v.hash, v.verdict]);
  writeFileSync(path, JSON.stringify(plan, null, 2) + "\n");
  if (!process.env.ORRERY_COMMAND) return;
  const { status, stdout, stderr } = spawnSync(process.env.ORRERY_COMMAND, ["replay", path], { encoding: "utf8" });
  assert.equal(status, v.verdict === "violated" ? 1 : 0, stdout + stderr);
}

/** Every button of the playground, at least once. What a connection carries cannot be lost or doubled: it breaks the connection. */
async function byHand(tab) {
  let v = await view(tab);
  for (let i = 1; i < 120 && !v.pending.some((p) => p.message || p.frame); i++) { await press(tab, i % 12 ? "n" : "r"); v = await view(tab); }
  const message = v.pending.find((p) => p.message) ?? v.pending.find((p) => p.frame);
  assert.ok(message, "nobody has sent anything in 120 steps");
  const group = `${message.what} by ${message.node} from ${message.from}`, start = v.hash;
  const copies = async () => (await view(tab)).pending.filter((p) => p.what === message.what && p.node === message.node && p.from === message.from).length;
  const before = await copies();
  if (message.message) {
    await does(tab, group, "Double");
    assert.equal(await copies(), before + 1);
    await does(tab, group, "Drop");
  } else {
    await does(tab, group, "Delay");
    await does(tab, group, "Break connection");
  }
  assert.equal(await copies(), message.message ? before : before - 1);
  assert.notEqual((await view(tab)).hash, start);
  await press(tab, "b", "b");
  await does(tab, group, "Delay");
  assert.equal((await view(tab)).pending.find((p) => p.id === message.id).due, message.due + 80e6);
  await press(tab, "b");
  assert.equal((await view(tab)).hash, start, "all steps taken back, it is where it was");
  await machines(tab, v);
  const crashed = (await view(tab)).hash;
  await press(tab, "b", "b", "b", "b");
  await does(tab, group, "Deliver");
  assert.equal(await copies(), before - 1);
  assert.match(await tab.getByRole("heading", { name: /^History/ }).innerText(), message.message ? /4 branches/ : /3 branches/);
  await tab.locator(".steps button").filter({ hasText: /crash/ }).click();
  assert.equal((await view(tab)).hash, crashed, "a branch is kept");
}

/** Pauses, skews and crashes the first server. */
async function machines(tab, v) {
  const machine = v.machines.find((m) => m.server && m.up), now = async () => (await view(tab)).machines.find((m) => m.id === machine.id);
  await does(tab, `machine ${machine.id}`, "Pause");
  assert.equal((await now()).paused, true);
  await does(tab, `machine ${machine.id}`, "Resume");
  await does(tab, `machine ${machine.id}`, "Clock +200 ms");
  assert.equal(((await now()).clock ?? 0) - (machine.clock ?? 0), 200e6);
  await does(tab, `machine ${machine.id}`, "Crash");
  assert.equal((await now()).up, false);
}

// Every lesson whose page was made.
describe("each lesson", { skip }, () => {
  for (const file of skip ? [] : readdirSync(pages).filter((f) => /^lesson-\d+\.html$/.test(f))) {
    test(`${file} is played by hand, goes wrong as it should, and holds with the right variant`, async () => {
      assert.ok(statSync(join(pages, file)).size < 2_000_000);
      const { tab, close } = await open({ file, answer: false });
      await answered(tab);
      await byHand(tab);
      await saved(tab, file.replace("lesson", "hand"));
      await press(tab, "p");
      assert.equal((await view(tab)).verdict, "violated");
      await picture(tab, file.replace(".html", ""));
      await saved(tab, file.replace("lesson", "story"));
      await tab.getByLabel("Variant").selectOption("fixed");
      await press(tab, "p");
      assert.equal((await view(tab)).verdict, "ok so far");
      await close();
    });
  }
});
