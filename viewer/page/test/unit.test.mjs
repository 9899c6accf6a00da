// What needs no browser: the diffs of states, words and numbers, the address of a place.
import { test } from "node:test";
import assert from "node:assert/strict";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/", import.meta.url));
const { outputFiles } = await build({
  stdin: { contents: `export * from "./states"; export * from "./words"; export * from "./link"; export * from "./search"; export * from "./arrange"; export * from "./motif"; export { Run } from "./run"; export { faultKind, roleIn, livesOf } from "./lives";`, resolveDir: source },
  bundle: true, write: false, format: "esm", target: "es2022",
});
const page = await import("data:text/javascript;base64," + Buffer.from(outputFiles[0].text).toString("base64"));

test("a diff is read whatever its values hold", () => {
  const told = page.changes(String.raw`a.b: "x; y: 1 → 2" → [{"k":"]"},null]; log: null → {"t":"\"; q: 1 → "}; n: -1.5 → true`);
  assert.deepEqual(told, [
    { path: "a.b", before: `"x; y: 1 → 2"`, after: `[{"k":"]"},null]` },
    { path: "log", before: "null", after: String.raw`{"t":"\"; q: 1 → "}` },
    { path: "n", before: "-1.5", after: "true" },
  ]);
  assert.equal(page.changes("no diff at all"), undefined);
  assert.equal(page.changes("cut: [1,2 → "), undefined);
});

test("a machine leads from when its state says so until it says otherwise, or ends", () => {
  assert.equal(page.roleIn(`{"epoch":1,"role":"leader"}`), "leader");
  assert.equal(page.roleIn(`a: 1 → 2; role: "follower" → "candidate"`), "candidate");
  assert.equal(page.roleIn(`parole: "x" → "leader"; note: "role: x" → "y"`), undefined);
  const strings = ["", `{"role":"follower"}`, `role: "follower" → "candidate"`, `role: "candidate" → "leader"`, `slot: 1 → 2`], kinds = ["boot", "fire", "crash"];
  const run = { head: { nodes: ["n1"], kinds }, n: 6, node: [1, 1, 1, 1, 1, 1], kind: [0, 1, 1, 1, 2, 0], inc: [1, 1, 1, 1, 1, 2], state: [1, 2, 3, 4, 0, 1],
    name: [], text: [], file: [], len: [], off: [], str: (i) => strings[i] ?? "", machine: () => "n1" };
  assert.deepEqual(page.livesOf(run).of[1].map((l) => [l.kind, l.from, l.to]), [["stands", 1, 2], ["leads", 2, 4], ["down", 4, 5]]);
});

/** A run of one machine whose states are these diffs. */
const states = (...diffs) => new page.States({ head: { nodes: ["n1"] }, n: diffs.length, state: diffs.map((_, i) => i + 1), node: diffs.map(() => 1), str: (i) => diffs[i - 1] });

test("a state is its first value and all changes since", () => {
  const s = states(`{"ballot":1,"log":{"1":"a"}}`, `ballot: 1 → 2; log.2: null → "b"`, `log.1: "a" → null`, `{"ballot":0}`);
  assert.deepEqual([...s.at(1, 0)], [["ballot", "1"], ["log.1", `"a"`]]);
  assert.deepEqual([...s.at(1, 2)], [["ballot", "2"], ["log.2", `"b"`]]);
  assert.deepEqual([...s.at(1, 3)], [["ballot", "0"]], "a restart tells the whole state anew");
  assert.deepEqual(page.difference(s.at(1, 0), s.at(1, 1)), [{ path: "ballot", before: "1", after: "2" }, { path: "log.2", before: "", after: `"b"` }]);
});

test("a state far into a run is the same with key frames and without", () => {
  const diffs = [`{"n":0}`, ...Array.from({ length: 1700 }, (_, i) => `n: ${i} → ${i + 1}`)];
  const forwards = states(...diffs), backwards = states(...diffs);
  for (const i of [1700, 1200, 999, 500, 499, 0]) assert.equal(backwards.at(1, i).get("n"), String(i));
  for (const i of [0, 499, 500, 999, 1200, 1700]) assert.equal(forwards.at(1, i).get("n"), String(i));
});

test("a request and its answer are of one family", () => {
  for (const [a, b] of [["P1a", "P1b"], ["Heartbeat", "HeartbeatAck"], ["VoteRequest", "VoteResponse"], ["Request", "Reply not leader"]])
    assert.equal(page.family(a), page.family(b));
  assert.notEqual(page.family("P1a"), page.family("P2a"));
});

test("numbers and times are cut and not rounded", () => {
  assert.equal(page.count(1234567), "1,234,567");
  assert.equal(page.count(-1000), "-1,000");
  assert.equal(page.ms(1999999999, 0), "1,999");
  assert.equal(page.ms(60_672_999), "60.672");
  assert.equal(page.ms(5), "0.000");
  assert.equal(page.parseTime("1.5s"), 1.5e9);
  assert.equal(page.parseTime("3"), 3e6, "a bare number is in milliseconds");
  assert.ok(Number.isNaN(page.parseTime("soon")));
});

test("lanes are moved past each other, put together and taken apart, and none is ever lost", () => {
  const all = () => true, lanes = page.apart([1, 2, 3, 4]);
  assert.deepEqual(page.placed(lanes, 0, 3), [[2], [3], [1], [4]]);
  assert.deepEqual(page.placed(lanes, 3, 0), [[4], [1], [2], [3]]);
  assert.deepEqual(page.shoved(lanes, 2, -1, all), [[2], [1], [3], [4]]);
  assert.equal(page.shoved(lanes, 1, -1, all), lanes, "there is no room");
  assert.deepEqual(page.shoved(lanes, 1, 1, (n) => n !== 2), [[2], [3], [1], [4]], "a lane that is not shown is passed, too");
  const pair = page.together(lanes, 2, 0);
  assert.deepEqual(pair, [[1, 3], [2], [4]]);
  assert.deepEqual(page.regrouped(pair, 1, all), [[3], [1], [2], [4]]);
  assert.deepEqual(page.regrouped(lanes, 3, all), [[1], [2, 3], [4]]);
  assert.deepEqual(page.regrouped(lanes, 1, all), [[2, 1], [3], [4]]);
  assert.deepEqual(page.asked([1, 2, 3, 4], [[3, 0], [9], [1, 2], [3]]), [[3], [1, 2], [4]], "a link may name machines that are not here, or twice");
});

/** A run of events "kind machine [peer] [text] [<- number of the cause]", one a millisecond. */
function runOf(...lines) {
  const kinds = [], nodes = [], strings = [], n = lines.length, columns = new Map();
  const numbered = (list, s) => { if (!s) return 0; if (!list.includes(s)) list.push(s); return list.indexOf(s) + 1; };
  const set = (name, i, v) => { if (!columns.has(name)) columns.set(name, new Float64Array(n)); columns.get(name)[i] = v; };
  lines.forEach((line, i) => {
    const [what, cause] = line.split(" <- "), [kind, node, ...rest] = what.split(" "), peer = kind === "deliver" ? rest.shift() : "";
    set("seq", i, 1); set("at", i, 1e6); set("kind", i, numbered(kinds, kind) - 1); set("node", i, numbered(nodes, node === "-" ? "" : node));
    set("peer", i, numbered(nodes, peer)); set("text", i, numbered(strings, rest.join(" "))); set("cause", i, cause ? i + 1 - cause + 1 : 0);
  });
  return new page.Run({ events: n, kinds, nodes, strings }, columns);
}

test("a motif is found where its steps follow each other, each the nearest to the one before", () => {
  const r = runOf("write a x", "write a y", "note b", "synced a x", "crash a", "boot a", "write a z", "crash a", "boot a");
  const found = (q) => { const f = page.search(r, q); assert.equal(f.wrong, "", q); return f.motifs; };
  assert.deepEqual(found("write > crash"), [[1, 4], [6, 7]], "of two that end together the shorter one counts");
  assert.deepEqual(found("write then synced then crash"), [[1, 3, 4]]);
  assert.deepEqual(found("write a > !synced > crash a"), [[6, 7]], "nothing may come between");
  assert.deepEqual(found("crash > boot within 1ms"), [[4, 5], [7, 8]]);
  assert.deepEqual(found("write > boot within 2ms"), [[6, 8]]);
  assert.deepEqual(found("!crash > boot"), [], "a boot before which nothing has crashed");
  assert.deepEqual(found("crash > !boot"), [], "a crash after which nothing boots");
  assert.deepEqual(found("synced > !synced"), [[3]]);
  assert.deepEqual(found("crash > "), undefined, "what is still being written does not count");
  assert.deepEqual(page.search(r, "write > crash").hits, [1, 4, 6, 7]);
  assert.match(page.search(r, "write > t>soon").wrong, /want a number/);
  assert.match(page.search(r, "write > crash within soon").wrong, /want a time/);
  assert.match(page.search(r, "write > a before b").wrong, /do not go together/);
  assert.match(page.search(r, "!write > !crash").wrong, /without “!”/);
  assert.match(page.search(r, "write > ! > crash").wrong, /step 2 .* empty/);
});

test("what => finds is led to by messages and by what machines did in their order", () => {
  //              1           2            3                    4            5                    6             7
  const r = runOf("fire a go", "fire c go", "deliver b a m <- 1", "note b told", "deliver c b m <- 3", "note a later", "fault-on - cut", "note a end");
  const pairs = (q) => page.search(r, q).motifs;
  assert.deepEqual(pairs("node:a fire => node:c deliver"), [[0, 4]], "over b");
  assert.deepEqual(pairs("node:c fire => node:b"), [], "c has told nobody");
  assert.deepEqual(pairs("node:c fire > node:b"), [[1, 2]], "but it is later");
  assert.deepEqual(pairs("node:b => later"), [], "b has not answered");
  assert.deepEqual(pairs("kind:fault-on => end"), [[6, 7]], "a fault may have to do with everything later");
  for (let a = 0; a < r.n; a++) for (let b = 0; b < r.n; b++) if (page.precedes(r, a, b)) assert.ok(a < b);
});

test("names are in the order of their numbers", () => {
  assert.deepEqual(["n10", "n2", "n", "c1.10", "c1.9", "n02", "b"].sort(page.byName), ["b", "c1.9", "c1.10", "n", "n02", "n2", "n10"]);
});

test("a place is read as it was written", () => {
  const place = { view: "causal", event: "118.2", query: "kind:drop t>1.2s & more", tab: "history", hide: ["n1", "c2"], pins: ["a.b"], lanes: [["n2"], ["n1", "c1"]], zoom: [5, 900], order: true };
  assert.deepEqual(page.readPlace(page.writePlace(place)), place);
  assert.deepEqual(page.readPlace("#v=nonsense&z=9-1"), {});
});

test("a fault has the pattern of its kind", () => {
  const kinds = { "isolate(leader)": "partition", "crash(one, power=torn)": "crash", "pause(leader)": "pause", "drift(n1, +3ppm)": "clock", "slow-disk(one)": "disk", "duplicate(all, 6%)": "network" };
  for (const [fault, kind] of Object.entries(kinds)) assert.equal(page.faultKind(fault), kind, fault);
});
