// The picture of a session: time flows down, a column a machine, arrows for messages; what is still under way leaves
// the picture at its lower edge.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import type { Told, View, Waiting } from "./engine";
import { Glyph, hue } from "./glyph";
import { ms } from "./words";

const rowHeight = 22, left = 72, column = 58, top = 30, first = 6;

/** How many rows are drawn: the last so many. */
const most = 400;

/** The rows: what a machine says of itself stands beside what it says it about. */
export interface Row { event: Told; notes: string[] }

export function rowsOf(events: Told[]): Row[] {
  const rows: Row[] = [];
  for (const event of events) {
    const last = rows[rows.length - 1];
    if (event.kind === "note" && last && last.event.seq === event.seq && last.event.node === event.node) last.notes.push(event.what);
    else if (event.kind === "write" && last && last.event.seq === event.seq) last.notes.push("□ written, not durable");
    else rows.push({ event, notes: [] });
  }
  return rows;
}

/** How long the words of a row are. */
const letters = (r: Row) => (r.event.node?.length ?? 0) + r.event.what.length + r.notes.reduce((n, note) => n + note.length + 3, 0);

const arrives = (kind: string) => kind === "deliver" || kind === "drop" || kind === "received";

function Arrow({ from, to, lost, name }: { from: [number, number]; to: [number, number]; lost: boolean; name: string }): JSX.Element {
  const [x1, y1] = from, x2 = to[0] + (x1 < to[0] ? -7 : 7), y2 = to[1], cut = 0.72;
  const end = lost ? [x1 + (x2 - x1) * cut, y1 + (y2 - y1) * cut] : [x2, y2];
  const angle = Math.atan2(y2 - y1, x2 - x1) * 180 / Math.PI;
  return <g class={"flight" + (lost ? " lost" : "")} style={{ color: lost ? "var(--bad)" : hue(name) }}>
    <path d={`M${x1} ${y1}L${end[0]} ${end[1]}`} />
    {lost ? <path class="cross" d={`M${end[0] - 4} ${end[1] - 4}l8 8m0 -8l-8 8`} /> : <path class="head" transform={`translate(${x2} ${y2}) rotate(${angle})`} d="M0 0L-8 -4V4Z" />}
  </g>;
}

export function Lanes({ view, chosen }: { view: View; chosen?: string }): JSX.Element {
  const all = rowsOf(view.events), rows = all.slice(-most), xs = new Map(view.machines.map((m, i) => [m.id, left + column * (i + 0.5)]));
  const firstRow = new Map<string, number>();
  rows.forEach((r, i) => { const key = `${r.event.seq} ${r.event.node}`; if (!firstRow.has(key)) firstRow.set(key, i); });
  const y = (i: number) => first + rowHeight * (i + 0.5);
  const bottom = y(rows.length) + 10, words = left + column * view.machines.length + 8;
  const width = words + 30 + 7.2 * rows.reduce((most, r) => Math.max(most, letters(r)), 60);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => { box.current!.scrollTop = box.current!.scrollHeight; }, [view]); // what has just happened is what is looked for
  const sender = (seq: number | undefined, node: string | undefined) => firstRow.get(`${seq} ${node}`);
  return <div class="lanes" ref={box} tabIndex={0} role="group" aria-label="What has happened: time flows down, a column for each machine">
    {all.length > most && <p class="nothing">{all.length - most} earlier events are not drawn.</p>}
    <svg class="lane-names" width={width} height={top - 6} aria-hidden="true">{view.machines.map((m) =>
      <text class="lane-name" x={xs.get(m.id)} y={16} text-anchor="middle">{m.id}{m.up ? m.paused ? " ‖" : "" : " ✝"}</text>)}</svg>
    <svg width={width} height={bottom + 24} viewBox={`0 0 ${width} ${bottom + 24}`} role="img"
      aria-label={`${rows.length} events of ${view.machines.length} machines, ${view.pending.filter((p) => p.message || p.frame).length} messages under way`}>
      {view.machines.map((m) => <g>
        <path class={"lane" + (m.up ? "" : " down")} d={`M${xs.get(m.id)} 0V${bottom}`} />
      </g>)}
      {rows.map((r, i) => {
        if (!arrives(r.event.kind) || !r.event.node || !r.event.peer || r.event.peer === r.event.node) return null;
        const from = sender(r.event.cause, r.event.peer) ?? i; // what it was sent in may be no row
        return <Arrow from={[xs.get(r.event.peer!)!, y(from)]} to={[xs.get(r.event.node)!, y(i)]} lost={r.event.kind === "drop"} name={r.event.what.split(" ")[1] ?? ""} />;
      })}
      {view.pending.filter((p) => p.message || p.frame).map((p) => <InFlight p={p} from={sender(p.cause, p.from)} xs={xs} y={y} bottom={bottom} on={p.id === chosen} />)}
      {rows.map((r, i) => <Words row={r} y={y(i)} x={xs.get(r.event.node ?? "")} words={words} before={rows[i - 1]?.event.at} />)}
    </svg>
  </div>;
}

function InFlight({ p, from, xs, y, bottom, on }: { p: Waiting; from?: number; xs: Map<string, number>; y: (i: number) => number; bottom: number; on: boolean }): JSX.Element | null {
  if (from === undefined || !p.from) return null;
  const x1 = xs.get(p.from)!, x2 = xs.get(p.node)!;
  return <g class={"under-way" + (on ? " on" : "")}>
    <path d={`M${x1} ${y(from)}L${x2} ${bottom}`} />
    <circle cx={x2} cy={bottom} r="4" />
    <title>{`${p.what} to ${p.node} is under way`}</title>
  </g>;
}

function Words({ row, y, x, words, before }: { row: Row; y: number; x?: number; words: number; before?: number }): JSX.Element {
  const { event } = row, bad = event.kind === "violation";
  return <g class={"told" + (bad ? " bad" : "")}>
    {event.at !== before && <text class="when" x={left - 10} y={y + 4} text-anchor="end">{ms(event.at)}</text>}
    {bad && <path class="violated" d={`M${left} ${y}H${words - 10}`} />}
    {x !== undefined && <Glyph kind={event.kind} x={x} y={y} colour={event.kind === "deliver" || event.kind === "received" ? hue(event.what.split(" ")[1] ?? "") : undefined} />}
    <text x={words} y={y + 4}><tspan class="who">{event.node} </tspan>{event.what}{row.notes.length > 0 && <tspan class="said">{" — " + row.notes.join("; ")}</tspan>}</text>
  </g>;
}
