// Searching a run: words, and words with a field; and two of them in an order.
//
//   accept n2            both words
//   kind:drop node:n2    fields: kind, node, peer, name, file, seq
//   t>1.2s t<1300ms      virtual time
//   len>512              numbers
//   only:a only:b        of one of two runs that are compared
//   after:crash(n2)      after the first such event
//   A before B within 5ms
//   A > B > C            a motif: see motif.ts
import { occurrences, patternOf, type Pattern, type Step } from "./motif";
import { onlyInA, onlyInB, type Run } from "./run";
import { called, sentence } from "./words";

type Test = (i: number) => boolean;

/** What a query finds: events, ascending; of a motif, where it occurs; or what is wrong with the query. */
export interface Found { hits: number[]; wrong: string; motifs?: number[][] }

const sorted = (events: number[]) => [...new Set(events)].sort((p, n) => p - n);

const unit: Record<string, number> = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, m: 6e10, "": 1e6 };

/** A time in nanoseconds; a bare number is in milliseconds. */
export function parseTime(s: string): number {
  const m = /^([\d.,]+)(ns|us|µs|ms|s|m)?$/.exec(s);
  return m ? parseFloat(m[1].replaceAll(",", "")) * unit[m[2] ?? ""] : NaN;
}

export function search(r: Run, query: string): Found {
  const q = query.trim();
  if (!q) return { hits: [], wrong: "" };
  const pattern = patternOf(q);
  if (pattern) return motifs(r, pattern);
  const parts = q.split(/\s+before\s+/);
  if (parts.length > 2) return { hits: [], wrong: "one “before” at most" };
  if (parts.length === 2) {
    const [second, within] = parts[1].split(/\s+within\s+/);
    const limit = limitOf(within);
    if (typeof limit === "string") return { hits: [], wrong: limit };
    const a = search(r, parts[0]), b = search(r, second);
    if (a.wrong || b.wrong) return { hits: [], wrong: a.wrong || b.wrong };
    const hits: number[] = [];
    let y = 0;
    for (const x of a.hits) {
      while (y < b.hits.length && b.hits[y] <= x) y++;
      if (y < b.hits.length && r.at[b.hits[y]] - r.at[x] <= limit) hits.push(x, b.hits[y]);
    }
    return { hits: sorted(hits), wrong: "" };
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

/** The time behind “within”, in nanoseconds; a string says what is wrong with it. */
function limitOf(within: string | undefined): number | string {
  const limit = within === undefined ? Infinity : parseTime(within);
  return Number.isNaN(limit) ? `“within ${within}”: want a time such as 5ms` : limit;
}

function motifs(r: Run, p: Pattern): Found {
  const nothing = (wrong: string): Found => ({ hits: [], wrong });
  const [last, within] = p.parts[p.parts.length - 1].split(/\s+within\s+/), limit = limitOf(within);
  if (typeof limit === "string") return nothing(limit);
  const steps: Step[] = [];
  for (const [i, part] of [...p.parts.slice(0, -1), last].entries()) {
    if (!part) return nothing(`step ${i + 1} of the motif is empty`);
    if (/\sbefore\s/.test(part)) return nothing("“before” and “>” do not go together");
    const found = search(r, part);
    if (found.wrong) return nothing(found.wrong);
    steps.push({ events: found.hits, none: p.none[i], caused: p.caused[i] });
  }
  const found = occurrences(r, steps, limit);
  return typeof found === "string" ? nothing(found) : { hits: sorted(found.flat()), wrong: "", motifs: found };
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
