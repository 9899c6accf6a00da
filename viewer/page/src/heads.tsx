// The names above the lanes. They hide their machine, and are dragged: between two others to stand there, onto another to be a group with it.
import { useRef, useState } from "preact/hooks";
import type { JSX } from "preact";
import { laneOf, placed, regrouped, shoved, together, type Arrangement } from "./arrange";
import type { Lives } from "./lives";
import type { Run } from "./run";

interface Props {
  run: Run; lives: Lives; lanes: Arrangement; arrange: (lanes: Arrangement) => void; hide: (lane: readonly number[]) => void;
  shown: Arrangement;  // of lanes, those that have something to show
  left: number; step: number; // where the first lane begins, and how wide each is, in pixels
}

/** A lane on its way: how far it has come, and where it would go to. */
interface Drag { lane: number; by: number; onto: number; gap: number }

/** Where a lane comes to lie at x: onto the lane whose middle it is over, else in the gap that is next. */
function target(x: number, lane: number, lanes: number): Pick<Drag, "onto" | "gap"> {
  const at = Math.max(0, Math.min(lanes - 1, Math.floor(x))), part = x - at;
  if (part > 0.3 && part < 0.7) return { onto: at === lane ? -1 : at, gap: -1 };
  return { onto: -1, gap: Math.max(0, Math.min(lanes, Math.round(x))) };
}

export function Heads(p: Props): JSX.Element {
  const began = useRef<number | null>(null), dragged = useRef(false);
  const [drag, setDrag] = useState<Drag | null>(null);
  const move = (e: PointerEvent, lane: number) => {
    if (began.current === null) return;
    const by = e.clientX - began.current;
    if (!drag && Math.abs(by) < 5) return;
    setDrag({ lane, by, ...target(lane + 0.5 + by / p.step, lane, p.shown.length) });
  };
  /** Lanes without anything to show keep their places between the others. */
  const whole = (lane: number) => laneOf(p.lanes, p.shown[lane][0]);
  const drop = () => {
    began.current = null;
    if (!drag) return;
    dragged.current = true; // the click that follows is none
    setTimeout(() => { dragged.current = false; });
    const from = whole(drag.lane);
    if (drag.onto >= 0) p.arrange(together(p.lanes, from, whole(drag.onto)));
    else if (drag.gap >= 0 && drag.gap !== drag.lane && drag.gap !== drag.lane + 1) p.arrange(placed(p.lanes, from, drag.gap < p.shown.length ? whole(drag.gap) : whole(drag.gap - 1) + 1));
    setDrag(null);
  };
  const isShown = (n: number) => laneOf(p.shown, n) >= 0;
  const press = (e: KeyboardEvent, lane: readonly number[]) => {
    if (e.key === "<" || e.key === ">") p.arrange(shoved(p.lanes, lane[0], e.key === "<" ? -1 : 1, isShown));
    else if (e.key === "g") p.arrange(regrouped(p.lanes, lane[lane.length - 1], isShown));
    else return;
    e.preventDefault(); e.stopPropagation(); // here it is about this lane, and not about that of the event
  };
  return <>{p.shown.map((lane, i) => {
    const names = lane.map((n) => p.run.machine(n));
    return <button key={lane[0]} class={"head" + (lane.length > 1 ? " several" : p.lives.clients.has(lane[0]) ? " client" : "") + (drag?.lane === i ? " dragged" : "") + (drag?.onto === i ? " onto" : "")}
      style={{ left: `${p.left + p.step * i + 2 + (drag?.lane === i ? drag.by : 0)}px`, width: `${p.step - 4}px` }}
      title={`${names.join(", ")}: click to hide, drag to move or onto another lane to group`} aria-label={`Hide ${names.join(" ")}`} aria-keyshortcuts="< > g"
      onPointerDown={(e) => { if (e.button) return; began.current = e.clientX; dragged.current = false; e.currentTarget.setPointerCapture(e.pointerId); }}
      onPointerMove={(e) => move(e, i)} onPointerUp={drop} onPointerCancel={() => { began.current = null; setDrag(null); }}
      onKeyDown={(e) => press(e, lane)} onClick={() => { if (!dragged.current) p.hide(lane); }}>{names.join(" ")}</button>;
  })}{drag && drag.gap >= 0 && <span class="drop" style={{ left: `${p.left + p.step * drag.gap - 1}px` }} />}</>;
}
