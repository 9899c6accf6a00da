// What one page shows: its run, or the same run beside another. Each has its own story, overview and panels.
import { useState } from "preact/hooks";
import type { JSX } from "preact";
import { App } from "./app";
import { besideMinimal, ownOf, toldOf } from "./compare";
import { inMinimal, readRun, type Run } from "./run";
import type { View } from "./rows";

/** A run that is shown, and where it opens if its address does not say so. */
export interface Shown { run: Run; compared: boolean; opens?: { event?: number; view?: View; say: string } }

/** The comparison that a page has: with the run that lies packed in it, or with its own minimal trace. */
export async function comparison(own: Run, packed: string): Promise<Shown | undefined> {
  const other = packed ? await readRun(packed) : undefined, both = other ?? besideMinimal(own);
  return both && { run: both, compared: true, opens: { view: other ? "minimal" : "full", say: toldOf(both) } };
}

export function Pages({ own, packed, opens, shared, complete }: { own: Run; packed: string; opens: Shown; shared: string; complete: boolean }): JSX.Element {
  const [shown, setShown] = useState(opens);
  const whole = own.n === own.head.total; // a window has other events of the two
  /** To the comparison, or back from it, where the event is that was selected there. */
  const toggle = async (event: number) => {
    if (shown.compared) {
      const back = packed ? (whole ? ownOf(shown.run, event) : own.violation) : event;
      setShown({ run: own, compared: false, opens: { event: back, say: "This run alone" } });
    } else {
      const next = await comparison(own, packed);
      if (next) setShown(next);
    }
  };
  const can = !own.compared && (packed !== "" || own.set.some((s) => (s & inMinimal) !== 0) && own.set.some((s) => (s & inMinimal) === 0));
  return <App key={shown.compared ? "compared" : "own"} run={shown.run} complete={complete} opens={shown.opens} shared={shared}
    compare={can ? { on: shown.compared, with: packed ? "another run" : "its minimal trace", shares: packed ? shown.run : own, toggle } : undefined} />;
}
