// Motifs: events that follow each other, each as a search finds it.
//
//   crash n2 > P1b n2 > accepted       one after the other; “then” is the same as “>”
//   write n2 => accepted               the second later, and at the end of a chain that begins with the first
//   write n2 > !synced n2 > crash n2   and none of these between
//   P1a > P1b within 5ms               all of it in that time
import type { Run } from "./run";

/** One part of a motif: the events that it may be, ascending; or that there must be none of. */
export interface Step { events: number[]; none: boolean; caused: boolean }

export interface Pattern { parts: string[]; caused: boolean[]; none: boolean[] }

/** Splits a query at “>”, “=>” and “then”; undefined if there are none. What is still being written does not count. */
export function patternOf(query: string): Pattern | undefined {
  const split = query.replace(/\s+(=>|>|then)$/, "").split(/\s+(=>|>|then)\s+/);
  if (split.length < 2) return undefined;
  const parts = split.filter((_, i) => i % 2 === 0), none = parts.map((p) => p.startsWith("!"));
  return { parts: parts.map((p) => p.replace(/^!\s*/, "")), none, caused: parts.map((_, i) => i > 0 && split[i * 2 - 1] === "=>") };
}

/** How many pairs of events are looked at before one has to be asked for less. */
const most = 20_000_000;

/** The first of ascending numbers that is more than x: its place. */
function behind(list: number[], x: number): number {
  let lo = 0, hi = list.length;
  while (lo < hi) { const mid = (lo + hi) >> 1; if (list[mid] <= x) lo = mid + 1; else hi = mid; }
  return lo;
}

/**
 * Where a motif occurs: for each occurrence its events, without those that there are none of. From an event it goes on to the nearest one from
 * which the rest follows; of occurrences with one end, the shortest counts. A string says why there is no answer.
 */
export function occurrences(r: Run, steps: Step[], within: number): number[][] | string {
  const wanted = steps.filter((s) => !s.none), last = wanted.length - 1;
  if (last < 0) return "a motif has a step without “!”";
  if (steps.some((s) => s.caused) && r.n * (r.head.nodes.length + 1) > 40_000_000) return "the run is too long for “=>”: use “>”";
  /** The steps that there are none of, by the wanted one that they stand before. */
  const gaps: number[][][] = Array.from({ length: last + 2 }, () => []);
  let seen = 0;
  for (const s of steps) if (s.none) gaps[seen].push(s.events); else seen++;
  const clear = (gap: number, from: number, to: number) => gaps[gap].every((events) => { const i = behind(events, from); return i >= events.length || events[i] >= to; });
  let looked = 0;
  const onward: Int32Array[] = []; // for each event of a step, the place of that with which the next step goes on; -1 if it does not
  for (let j = last; j >= 0; j--) {
    const here = wanted[j].events, next = wanted[j + 1]?.events ?? [], then = onward[j + 1];
    onward[j] = Int32Array.from(here, (e) => {
      if (j === last) return clear(last + 1, e, r.n) ? 0 : -1;
      for (let i = behind(next, e); i < next.length && ++looked < most; i++) {
        if (then[i] < 0) continue;
        if (!clear(j + 1, e, next[i])) return -1;
        if (!wanted[j + 1].caused || precedes(r, e, next[i])) return i;
      }
      return -1;
    });
  }
  if (looked >= most) return "too many events may be meant: say more of each";
  const byEnd = new Map<number, number[]>();
  wanted[0].events.forEach((e, i) => {
    if (onward[0][i] < 0 || !clear(0, -1, e)) return;
    const found = [e];
    for (let j = 0, at = i; j < last; j++) { at = onward[j][at]; found.push(wanted[j + 1].events[at]); }
    if (r.at[found[last]] - r.at[e] <= within) byEnd.set(found[last], found); // a later beginning with the same end is the shorter one
  });
  return [...byEnd.values()].sort((a, b) => a[0] - b[0] || a[last] - b[last]);
}

const clocks = new WeakMap<Run, Int32Array>();

/**
 * Whether a chain leads from one event to a later one, of messages and of what machines did in their order (Lamport, 1978). What happens to
 * no machine, a fault, may have to do with everything later.
 */
export function precedes(r: Run, a: number, b: number): boolean {
  if (a >= b) return false;
  if (!r.node[a] || r.node[a] === r.node[b]) return true;
  let known = clocks.get(r);
  if (!known) clocks.set(r, known = clocksOf(r));
  return known[b * (r.head.nodes.length + 1) + r.node[a]] > r.first(r.seq[a]);
}

/** The vector clock of each event: of each machine, one more than where the last step begins that it can know of. */
function clocksOf(r: Run): Int32Array {
  const m = r.head.nodes.length + 1, all = new Int32Array(r.n * m), now = Array.from({ length: m }, () => new Int32Array(m));
  let step = 0;
  for (let i = 0; i < r.n; i++) {
    if (i === 0 || r.seq[i] !== r.seq[i - 1]) step = i;
    const node = r.node[i], own = node ? now[node] : new Int32Array(m), cause = r.cause[i];
    const learn = (e: number) => { for (let k = 0; e >= 0 && k < m; k++) own[k] = Math.max(own[k], all[e * m + k]); };
    if (cause && cause !== r.seq[i]) learn(r.peer[i] ? r.actOf(cause, r.peer[i]) : r.first(cause));
    else if (i > step && !node) learn(step); // what is said of a step by nobody
    own[node] = step + 1;
    all.set(own, i * m);
  }
  return all;
}

/** What finds events like one: for a motif that is made by pointing at its events. */
export function stepOf(r: Run, i: number): string {
  const name = r.str(r.name[i]).split(/\s/)[0];
  return [`kind:${r.kindOf(i)}`, r.node[i] && `node:${r.machine(r.node[i])}`, name && `name:${name}`].filter(Boolean).join(" ");
}
