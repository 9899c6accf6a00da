// Searching a run: words, and words with a field; and two of them in an order.
//
//   accept n2            both words
//   kind:drop node:n2    fields: kind, node, peer, name, file, seq
//   t>1.2s t<1300ms      virtual time
//   len>512              numbers
//   only:a only:b        of one of two runs that are compared
//   after:crash(n2)      after the first such event
//   A before B within 5ms
import { onlyInA, onlyInB, type Run } from "./run";
import { called, sentence } from "./words";

type Test = (i: number) => boolean;

export interface Found { hits: number[]; wrong: string }

const unit: Record<string, number> = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, m: 6e10, "": 1e6 };

/** A time in nanoseconds; a bare number is in milliseconds. */
export function parseTime(s: string): number {
  const m = /^([\d.,]+)(ns|us|µs|ms|s|m)?$/.exec(s);
  return m ? parseFloat(m[1].replaceAll(",", "")) * unit[m[2] ?? ""] : NaN;
}

export function search(r: Run, query: string): Found {
  const q = query.trim();
  if (!q) return { hits: [], wrong: "" };
  const parts = q.split(/\s+before\s+/);
  if (parts.length > 2) return { hits: [], wrong: "one “before” at most" };
  if (parts.length === 2) {
    const [second, within] = parts[1].split(/\s+within\s+/);
    const limit = within ? parseTime(within) : Infinity;
    if (Number.isNaN(limit)) return { hits: [], wrong: `“within ${within}”: want a time such as 5ms` };
    const a = search(r, parts[0]), b = search(r, second);
    if (a.wrong || b.wrong) return { hits: [], wrong: a.wrong || b.wrong };
    const hits: number[] = [];
    let y = 0;
    for (const x of a.hits) {
      while (y < b.hits.length && b.hits[y] <= x) y++;
      if (y < b.hits.length && r.at[b.hits[y]] - r.at[x] <= limit) hits.push(x, b.hits[y]);
    }
    return { hits: [...new Set(hits)].sort((p, n) => p - n), wrong: "" };
  }
  const tests: Test[] = [];
  for (const word of q.split(/\s+/)) {
    const t = testOf(r, word);
    if (typeof t === "string") return { hits: [], wrong: t };
    tests.push(t);
  }
  const hits: number[] = [];
  for (let i = 0; i < r.n; i++) if (tests.every((t) => t(i))) hits.push(i);
  return { hits, wrong: "" };
}

function testOf(r: Run, word: string): Test | string {
  const after = /^after:([\w-]+)\((.*)\)$/.exec(word);
  if (after) {
    for (let i = 0; i < r.n; i++) if (r.kindOf(i) === after[1] && (!after[2] || r.machine(r.node[i]) === after[2])) return (x) => x > i;
    return () => false;
  }
  const only = /^only:([ab])$/i.exec(word);
  if (only) { const bit = only[1].toLowerCase() === "a" ? onlyInA : onlyInB; return (i) => (r.set[i] & bit) !== 0; }
  const compare = /^(t|seq|len|off|inc)([<>]=?|=)(.+)$/.exec(word);
  if (compare) {
    const [, field, op, value] = compare;
    const v = field === "t" ? parseTime(value) : parseFloat(value);
    if (Number.isNaN(v)) return `“${word}”: want a number behind ${op}`;
    const column = { t: r.at, seq: r.seq, len: r.len, off: r.off, inc: r.inc }[field]!;
    return op === ">" ? (i) => column[i] > v : op === "<" ? (i) => column[i] < v :
      op === ">=" ? (i) => column[i] >= v : op === "<=" ? (i) => column[i] <= v : (i) => column[i] === v;
  }
  const field = /^(kind|node|peer|name|file|seq):(.+)$/.exec(word);
  if (field) {
    const v = field[2].toLowerCase();
    switch (field[1]) {
      case "kind": return (i) => r.kindOf(i) === v;
      case "node": return (i) => r.machine(r.node[i]).toLowerCase() === v;
      case "peer": return (i) => r.machine(r.peer[i]).toLowerCase() === v;
      case "name": return (i) => r.str(r.name[i]).toLowerCase().includes(v);
      case "file": return (i) => r.str(r.file[i]).toLowerCase().includes(v);
      default: return (i) => r.seq[i] === Number(v);
    }
  }
  const w = word.toLowerCase();
  if (w === "dropped" || w === "lost") return (i) => r.kindOf(i) === "drop";
  const strings = r.head.strings.map((s) => s.toLowerCase().includes(w)); // a word inside one string is found without making a sentence
  const has = (s: number) => s > 0 && strings[s - 1];
  const nodes = r.head.nodes.map((s) => s.toLowerCase() === w);
  return (i) => has(r.name[i]) || has(r.text[i]) || has(r.msg[i]) || has(r.file[i]) || (r.node[i] > 0 && nodes[r.node[i] - 1]) ||
    (r.peer[i] > 0 && nodes[r.peer[i] - 1]) || r.kindOf(i) === w;
}

/** What an event is in a list of results. */
export const label = (r: Run, i: number) => sentence(r, i) || called(r, i);
