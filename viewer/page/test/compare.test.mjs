// What one page holds of more than its own run: a run to compare it with, a trace that came in a link, the coverage. As
// browser.test.mjs, it opens what `go test ./viewer` wrote into ORRERY_PAGES.
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { axe, chosen, launched, newTab, noPages, open, pages, picture, press, settled, without } from "../harness/browser.mjs";

const skip = without(noPages);
launched(skip);

/** Presses L, and returns what is on the clipboard then. */
const linkOf = async (tab) => {
  await tab.evaluate(() => { navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }; });
  await press(tab, "L");
  await tab.getByText("The link with the minimal trace is copied").waitFor();
  return tab.evaluate(() => globalThis.copied);
};

describe("comparing inside a page", { skip }, () => {
  const sides = (tab) => tab.locator(".row .side").allInnerTexts();

  test("d puts the passing run beside this one, at the first difference, and goes back", async () => {
    const { tab, close } = await open("beside.html");
    const before = await chosen(tab);
    await press(tab, "d");
    await tab.getByRole("button", { name: "Next difference" }).waitFor();
    assert.match(await tab.locator("header .verdict").innerText(), /COMPARED/);
    assert.match(await chosen(tab), /only (this|passing) run/);
    assert.match(await tab.locator(".noted").innerText(), /^Compared: \d+ events? only in this run, 1 event only in the passing run$/);
    const marks = new Set((await sides(tab)).map((s) => s.trim().split("\n").join(" ")));
    assert.ok([...marks].some((s) => /[◁◇]/.test(s)), "a shape says whose it is, beside the words: " + [...marks]);
    assert.match(tab.url(), /[#&]d=1/);
    const first = await chosen(tab);
    await press(tab, "x");
    assert.notEqual(await chosen(tab), first, "x goes to the next difference");
    await press(tab, "X");
    assert.equal(await chosen(tab), first, "X goes back to it");
    await picture(tab, "beside");
    await tab.evaluate(axe);
    const { violations } = await tab.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map((v) => v.id), []);
    await press(tab, "f", "d");
    await tab.getByRole("button", { name: "Next difference" }).waitFor({ state: "detached" });
    assert.equal(await chosen(tab), before, "it comes back to the event that was selected");
    assert.doesNotMatch(tab.url(), /[#&]d=1/);
    await close();
  });

  test("a link opens the comparison at the same difference", async () => {
    const { tab, close } = await open("beside.html");
    await press(tab, "d");
    await tab.getByRole("button", { name: "Next difference" }).waitFor();
    await press(tab, "3", "x");
    const there = await chosen(tab), address = new URL(tab.url()).hash;
    await close();
    const again = await open("beside.html", { hash: address });
    assert.equal(await chosen(again.tab), there);
    assert.match(await again.tab.locator("[aria-label='How much is shown'] [aria-pressed=true]").innerText(), /Full/);
    await again.close();
  });

  test("a page without a passing run compares all of its run with the minimal trace", async () => {
    const { tab, close } = await open("story.html");
    await press(tab, "d");
    await tab.getByRole("button", { name: "Next difference" }).waitFor();
    assert.match(await chosen(tab), /only whole run/);
    const told = await sides(tab), rows = await tab.locator("[role=option]").count();
    assert.ok(told.length > 0 && told.length < rows, "some rows are of both");
    const shared = new URL(await linkOf(tab)).hash;
    await press(tab, "d");
    await tab.getByRole("button", { name: "Next difference" }).waitFor({ state: "detached" });
    assert.match(await tab.locator("header .verdict").innerText(), /VIOLATED/);
    await close();
    const other = await open("marks.html", { hash: shared });
    assert.match(await other.tab.locator("header .verdict").innerText(), /VIOLATED/, "a link holds the minimal trace itself, and not what it leaves out");
    await other.close();
  });
});

describe("a link with a trace in it", { skip }, () => {
  /** What the rows say that can be seen, but how much is left out between them. */
  const told = async (tab) => {
    await press(tab, "Home");
    return (await tab.locator("[role=option]:not(.gap) .what").allInnerTexts()).map((s) => s.trim());
  };

  test("opens that trace in another page of Orrery, and in the empty one", async () => {
    const { tab, close } = await open("story.html");
    const there = await chosen(tab), link = await linkOf(tab), rows = await told(tab), hash = new URL(link).hash;
    console.log(`a link with ${rows.length} rows: ${hash.length} characters`);
    await close();
    writeFileSync(join(pages, "empty.html"), readFileSync(new URL("../../page.html", import.meta.url)));
    for (const name of ["marks.html", "empty.html"]) {
      const other = await open(name, { hash });
      assert.equal(await chosen(other.tab), there);
      assert.match(await other.tab.locator("header h1").innerText(), /VIOLATED\s+linearizability/);
      assert.match(await other.tab.locator(".warnings").innerText(), /came with its link/);
      assert.equal(await other.tab.locator("rect.unsynced").count(), 0, "what a sync made durable is not known where syncs are left out");
      assert.equal(await other.tab.getByText("Copy replay command").count(), 0, "a link brings no command to paste into a terminal");
      await picture(other.tab, "trace-in-link");
      assert.deepEqual((await told(other.tab)).slice(0, rows.length), rows, "every row is there, with its words");
      assert.equal(new URLSearchParams(new URL(other.tab.url()).hash.slice(1)).get("trace"), new URLSearchParams(hash.slice(1)).get("trace"), "the address keeps it");
      await other.close();
    }
  });

  test("that is cut off or damaged says so in one line", async () => {
    const { tab, close } = await open("story.html");
    const hash = new URL(await linkOf(tab)).hash;
    await close();
    for (const wrong of [hash.slice(0, -40), "#trace=nonsense", hash.replace("trace=", "trace=%21")]) {
      const other = await newTab();
      await other.goto(pathToFileURL(join(pages, "story.html")).href + wrong);
      await other.waitForSelector("html[data-ready=failed]");
      assert.equal((await other.locator("[role=alert]").innerText()).trim(), "This page cannot show its run: the trace in the link is damaged or cut off.");
      await other.close();
    }
  });

  test("that is pasted into an open page takes its place", async () => {
    const { tab, close } = await open("story.html");
    const hash = new URL(await linkOf(tab)).hash;
    await close();
    const other = await open("marks.html");
    await other.tab.evaluate((h) => { location.hash = h; }, hash);
    await other.tab.getByText("came with its link").waitFor();
    assert.match(await other.tab.locator("header h1").innerText(), /linearizability/);
    await other.close();
  });

  test("a link to a place in another run is known as one", async () => {
    const right = await open("story.html");
    assert.equal(await right.tab.locator(".warnings").count(), 0);
    const { hash } = new URL(right.tab.url()), [, of] = /of=([^&]+)/.exec(hash);
    await right.close();
    const wrong = await open("story.html", { hash: hash.replace(of, "raft%4077") });
    assert.match(await wrong.tab.locator(".warnings").innerText(), /link is of raft@77, and this page is of /);
    await wrong.close();
  });
});

describe("the coverage", { skip }, () => {
  test("says which situations the run reached, and which it never did", async () => {
    const { tab, close } = await open("story.html");
    await tab.getByRole("tab", { name: "Coverage" }).click();
    await settled(tab);
    const panel = tab.locator("#panel");
    assert.match(await panel.locator("h2").innerText(), /1 of 2 situations reached/);
    assert.deepEqual(await panel.locator("tbody tr").allInnerTexts().then((rows) => rows.map((r) => r.split("\t").map((c) => c.trim()))), [
      ["a leader is deposed", "reachable", "✓ 2 ×"], ["a slot is chosen with a value of an earlier ballot", "sometimes", "– never in 4"]]);
    await close();
  });
});
