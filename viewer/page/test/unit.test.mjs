// What needs no browser: the diffs of states, words and numbers, the address of a place.
import { test } from "node:test";
import assert from "node:assert/strict";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/", import.meta.url));
const { outputFiles } = await build({
  stdin: { contents: `export * from "./states"; export * from "./words"; export * from "./link"; export * from "./search"; export * from "./arrange"; export * from "./motif"; export * from "./share"; export * from "./compare"; export { Run } from "./run"; export { faultKind, roleIn, livesOf } from "./lives";`, resolveDir: source },
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

/** A run of some events, as its page would hold it: every field in one place or other has a value that is hard to write. */
function someRun(n, sets = () => 2) {
  const head = { v: 1, title: "t", scenario: "paxos", seed: "18446744073709551615", events: n, total: n, kinds: ["unknown", "boot", "deliver", "crash"], nodes: ["n1", "n2"],
    strings: ["näme </script>", "text", "left out"], columns: [], replay: "orrery replay x" };
  const of = (f) => Float64Array.from({ length: n }, (_, i) => f(i));
  return new page.Run(head, new Map(Object.entries({
    seq: of((i) => i ? 1 + i % 3 : 2 ** 40), at: of((i) => i ? 7e9 : -3), local: of((i) => i === 1 ? -5e12 : i === 3 ? 77 : 0), cause: of((i) => i % 2 ? 2 + i : 0), kind: of((i) => 1 + i % 3),
    node: of((i) => i % 3), peer: of((i) => i % 2), inc: of(() => 3), sub: of((i) => i % 2), name: of((i) => i % 2), text: of((i) => i % 2 ? 0 : 2), len: of((i) => i * 2 ** 33), off: of((i) => 1 - i), state: of(() => 3), set: of(sets),
  })));
}

test("the minimal trace comes out of a link as it went in, without states and without a command", async () => {
  const run = someRun(12, (i) => i % 4 === 3 ? 1 : 3), text = await page.pack(run), back = await page.unpack(text);
  assert.match(text, /^[A-Za-z0-9_-]+$/);
  const kept = Array.from({ length: 12 }, (_, i) => i).filter((i) => i % 4 !== 3);
  assert.equal(back.n, kept.length);
  kept.forEach((i, k) => {
    for (const field of ["seq", "sub", "at", "local", "cause", "kind", "node", "peer", "inc", "len", "off", "set"]) assert.equal(back[field][k], run[field][i], `${field} of ${i}`);
    for (const field of ["name", "text", "msg", "file"]) assert.equal(back.str(back[field][k]), run.str(run[field][i]), `${field} of ${i}`);
    assert.equal(back.state[k], 0);
  });
  assert.equal(back.head.seed, run.head.seed);
  assert.ok(!back.head.strings.includes("left out"));
  assert.equal(back.head.replay, undefined);
});

test("a trace that is too long for a link is refused in words", async () => {
  await assert.rejects(page.pack(someRun(page.mostEvents + 1)), /more than 200 events/);
  assert.equal((await page.unpack(await page.pack(someRun(page.mostEvents)))).n, page.mostEvents);
  await assert.rejects(page.pack(someRun(5, () => 0)), /no minimal trace/);
  const long = someRun(2);
  long.head.strings[0] = Array.from({ length: 9000 }, (_, i) => String.fromCharCode(33 + i * 7919 % 90 + i % 3)).join("") + Array.from({ length: 9000 }, (_, i) => (i * i * 31).toString(36)).join("");
  await assert.rejects(page.pack(long), /characters long/);
});

test("a trace that is damaged or cut off anywhere is refused in one line", async () => {
  const text = await page.pack(someRun(12));
  for (let n = 0; n < text.length; n += 3) await assert.rejects(page.unpack(text.slice(0, n)), { message: page.damaged }, `cut after ${n}`);
  for (const wrong of ["!", "AAAA", "%%%", "x" + text]) await assert.rejects(page.unpack(wrong), { message: page.damaged }, wrong);
});

test("a comparison tells which events are whose, and goes from difference to difference", () => {
  const both = someRun(8, (i) => [0, 4, 4, 0, 8, 4, 0, 8][i]);
  assert.equal(page.firstDifference(both), 1);
  const stops = [];
  for (let at = -1; (at = page.nextDifference(both, at, 1)) >= 0;) stops.push(at);
  assert.deepEqual(stops, [1, 4, 5, 7]);
  assert.equal(page.nextDifference(both, 4, -1), 1);
  assert.equal(page.nextDifference(both, 1, -1), -1);
  assert.deepEqual([0, 1, 3, 4, 5, 7].map((i) => page.ownOf(both, i)), [0, 1, 3, 3, 4, 5], "what only the other run has is where the last own event before it is");
  assert.equal(page.toldOf(both), "Compared: 3 events only in A, 2 events only in B");
  const whole = someRun(6, (i) => i < 4 ? 2 : 1), minimal = page.besideMinimal(whole);
  assert.deepEqual([...minimal.set], [2, 2, 2, 2, 5, 5]);
  assert.deepEqual([...whole.set], [2, 2, 2, 2, 1, 1], "the run itself is as it was");
  assert.equal(page.besideMinimal(someRun(4)), undefined, "nothing is left out");
  assert.equal(page.besideMinimal(someRun(4, () => 1)), undefined, "there is no minimal trace");
});

test("a link names the run that its place is in, and holds its trace at the end", () => {
  const place = { of: page.named("paxos", "14"), event: "226", view: "full", compared: true, trace: "a-b_c" };
  assert.deepEqual(page.readPlace(page.writePlace(place)), place);
  assert.match(page.writePlace(place), /^#of=paxos%4014&.*&trace=a-b_c$/);
  assert.equal(page.named("", "0"), "");
});
