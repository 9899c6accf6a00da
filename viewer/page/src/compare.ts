// A run beside another: the nearest run that passes, if the page carries one; else the run beside its own minimal trace.
import { inMinimal, onlyInA, onlyInB, Run } from "./run";
import { plural } from "./words";

/** What the two runs of a comparison are called. */
export const sidesOf = (run: Run): [string, string] => [run.head.sides?.[0] ?? "A", run.head.sides?.[1] ?? "B"];

export const sideOf = (run: Run, i: number) => run.set[i] & (onlyInA | onlyInB);

/** The first event that is not in both, or -1. */
export const firstDifference = (run: Run) => run.set.findIndex((s) => (s & (onlyInA | onlyInB)) !== 0);

/** Where the next stretch of events begins that are of one run alone, or the one before; -1 if there is none. */
export function nextDifference(run: Run, at: number, by: 1 | -1): number {
  for (let i = at + by; i >= 0 && i < run.n; i += by) if (sideOf(run, i) && (i === 0 || sideOf(run, i - 1) !== sideOf(run, i))) return i;
  return -1;
}

/** What a reader of the screen hears when the comparison opens. */
export function toldOf(run: Run): string {
  const [a, b] = sidesOf(run);
  let onlyA = 0, onlyB = 0;
  for (let i = 0; i < run.n; i++) { if (sideOf(run, i) === onlyInA) onlyA++; else if (sideOf(run, i)) onlyB++; }
  return `Compared: ${plural(onlyA, "event")} only in ${a}` + (onlyB ? `, ${plural(onlyB, "event")} only in ${b}` : "");
}

/** The run with what its minimal trace leaves out marked; undefined if it leaves out nothing, or there is none. */
export function besideMinimal(run: Run): Run | undefined {
  const set = run.set.map((s) => s & inMinimal ? s : s | onlyInA), kept = run.set.reduce((n, s) => n + (s & inMinimal ? 1 : 0), 0);
  if (!kept || kept === run.n) return undefined;
  const head = { ...run.head, verdict: "compared", property: "", title: "the whole run and its minimal trace", sides: ["the whole run", "the minimal trace"],
    sentence: `The minimal trace tells ${plural(kept, "event")} of ${plural(run.n, "event")}; what is marked is in the whole run alone` };
  return Object.assign(Object.create(Run.prototype) as Run, run, { head, set });
}

/** Which event of the first run an event of a comparison is, or the last of it before: the comparison tells those of the first in their order. */
export function ownOf(both: Run, i: number): number {
  let n = -1;
  for (let e = 0; e <= i && e < both.n; e++) if (sideOf(both, e) !== onlyInB) n++;
  return Math.max(0, n);
}
