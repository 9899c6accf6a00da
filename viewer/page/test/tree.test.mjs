// The history of a session that branches.
import { test } from "node:test";
import assert from "node:assert/strict";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const { outputFiles } = await build({
  stdin: { contents: `export * from "./tree"; export { rowsOf } from "./lanes"; export { spoken } from "./playground";`, resolveDir: fileURLToPath(new URL("../src/", import.meta.url)) },
  bundle: true, write: false, format: "esm", target: "es2022", jsx: "automatic", jsxImportSource: "preact",
});
const { Tree, rowsOf, spoken } = await import("data:text/javascript;base64," + Buffer.from(outputFiles[0].text).toString("base64"));

test("a step that was taken before is the same branch, and another one is a new branch", () => {
  const a = Tree.start.take("x").take("y"), b = a.back().take("z");
  assert.deepEqual(b.path(), ["x", "z"]);
  assert.equal(b.branches, 2);
  const again = b.back().take("y");
  assert.equal(again.nodes.length, b.nodes.length);
  assert.deepEqual(again.path(), ["x", "y"]);
});

test("who goes back comes to the start, and forth to what was done last", () => {
  const t = Tree.start.take("x").back().take("y").back();
  assert.deepEqual(t.path(), []);
  assert.equal(t.back().at, t.at);
  assert.deepEqual(t.forth().path(), ["y"]);
  assert.deepEqual(t.forth().forth().path(), ["y"]);
  assert.deepEqual(t.go(99).path(), []);
});

test("every node is listed once, a branch deeper than what it leaves", () => {
  let t = Tree.start.take("a").take("b").take("c");
  t = t.go(1).take("d").take("e");
  const listed = t.listed().map(({ node, depth }) => " ".repeat(depth) + node.step);
  assert.deepEqual([...listed].sort(), ["", " d", " e", "a", "b", "c"]);
});

test("what a machine says stands beside what it says it about", () => {
  const rows = rowsOf([{ seq: 1, at: 0, kind: "deliver", node: "a", what: "gets M" }, { seq: 1, at: 0, kind: "note", node: "a", what: "is glad" },
    { seq: 1, at: 0, kind: "note", node: "b", what: "is not" }]);
  assert.deepEqual(rows.map((r) => r.notes), [["is glad"], []]);
});

test("a step is spoken without the identity of its event", () => {
  assert.equal(spoken("take Append #1 a1 by s from c1 #0123456789abcdef"), "take Append #1 a1 by s from c1");
  assert.equal(spoken("crash a1"), "crash a1");
});
