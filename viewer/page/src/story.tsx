// The story: time runs down, a column a machine, a row for each thing that happened. Only the rows that
// can be seen are in the document.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";
import type { Arrangement } from "./arrange";
import { sidesOf } from "./compare";
import { Glyph, hue } from "./glyph";
import { Heads } from "./heads";
import type { Life, Lives } from "./lives";
import type { Arrow, Row, Rows, Wire } from "./rows";
import { onlyInA, onlyInB, type Run } from "./run";
import { family, ms, span } from "./words";

export const rowHeight = 28;
const px = (n: number) => `${n}px`;
const gutter = 106, over = 12, jolt = 4; // rows that are ready out of sight, and by how many the window moves at least

interface Props {
  run: Run; rows: Rows; lives: Lives; hidden: Set<number>; selected: number; hits: Map<number, number>; core: Set<number>;
  lanes: Arrangement; arrange: (lanes: Arrangement) => void;
  select: (event: number) => void; hide: (lane: readonly number[]) => void; reveal: (row: Row) => void;
  complete: boolean; // false as long as only what can be seen is wanted
}

/** What can be seen of the story: rows from a up to b, and how wide it is. */
interface Seen { a: number; b: number; width: number }

function seen(el: HTMLElement, over: number): Seen {
  const first = Math.floor(el.scrollTop / rowHeight) - over, last = Math.ceil((el.scrollTop + el.clientHeight) / rowHeight) + over;
  return { a: Math.max(0, Math.floor(first / jolt) * jolt), b: Math.ceil(last / jolt) * jolt, width: el.clientWidth };
}

/** Scrolls only if a row could not be seen well. */
function scrollTo(el: HTMLElement, row: number) {
  const y = row * rowHeight, top = el.scrollTop, height = el.clientHeight;
  if (y < top + 2 * rowHeight) el.scrollTop = Math.max(0, y - height / 3);
  else if (y > top + height - 4 * rowHeight) el.scrollTop = y - height * 2 / 3;
}

/** Where the lanes stand. Machines of a group stand close together in one. */
function columns(lanes: Arrangement, width: number) {
  const words = Math.min(520, Math.max(300, width * 0.38));
  const step = Math.max(46, Math.min(128, (width - gutter - words) / Math.max(1, lanes.length)));
  const x = new Map(lanes.flatMap((lane, i) => lane.map((n, k) => [n, gutter + step * (i + 0.5) + (k - (lane.length - 1) / 2) * Math.min(16, (step - 14) / lane.length)] as const)));
  return { x, step, right: gutter + step * lanes.length };
}

export function Story(p: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<Seen>({ a: 0, b: -1, width: 900 }); // no row before the box is measured: none is drawn twice
  const lanes = useMemo(() => {
    const used = new Set(p.rows.nodes);
    return p.lanes.map((l) => l.filter((n) => used.has(n) && !p.hidden.has(n))).filter((l) => l.length);
  }, [p.rows, p.lanes, p.hidden]);
  const nodes = lanes.flat();
  const at = p.selected < 0 ? -1 : p.rows.rowOf(p.selected);
  const measure = () => {
    if (!box.current) return; // another run is shown since
    const now = seen(box.current, p.complete ? over : 0);
    setView((old) => now.a === old.a && now.b === old.b && now.width === old.width ? old : now);
  };
  useLayoutEffect(() => {
    if (at >= 0) scrollTo(box.current!, at);
    measure();
  }, [at, p.rows]);
  useEffect(() => {
    if (!p.complete) return; // until then nothing moves
    const el = box.current!, watch = new ResizeObserver(measure);
    watch.observe(el);
    el.addEventListener("scroll", measure, { passive: true });
    return () => { watch.disconnect(); el.removeEventListener("scroll", measure); };
  }, [p.complete]);
  const { x, step, right } = columns(lanes, view.width);
  const rows = p.rows.rows;
  const a = view.a, b = Math.min(rows.length - 1, view.b);
  const shown = rows.slice(a, b + 1);
  const selected = rows[at];
  const arrows = p.rows.crossing(a, b).filter((w) => x.has(w.to) && x.has(w.from));
  const wires = p.rows.wires(a, b).filter((w) => x.has(w.node));
  const width = Math.max(view.width, right + 240);
  (window as unknown as { orreryDrawn: unknown }).orreryDrawn = {
    rows: rows.length, shown: shown.length, arrows: arrows.length, lost: arrows.filter((w) => w.lost).length, nodes: nodes.length, lanes: lanes.length, wires: wires.length,
  };
  return <div class="story" ref={box} data-scroll>
    <div class="heads" style={{ width: px(width) }}>
      <span class="when" style={{ width: px(72) }}>ms</span>
      <Heads {...p} shown={lanes} left={gutter} step={step} />
      <span class="what" style={{ left: px(right + 16) }}>what happened</span>
    </div>
    <div class="rows" role="listbox" aria-label="Story of the run" tabIndex={0} id="story"
      aria-activedescendant={at >= a && at <= b ? `row-${at}` : undefined} style={{ height: px(rows.length * rowHeight + 40), width: px(width) }}>
      <svg class="lanes" aria-hidden="true" width={width} height={(b - a + 1) * rowHeight} style={{ top: px(a * rowHeight) }}
        viewBox={`0 ${a * rowHeight} ${width} ${(b - a + 1) * rowHeight}`}>
        <defs><marker id="tip" viewBox="0 0 8 8" refX="7.500" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
          <path d="M0 0L8 4L0 8Z" fill="context-stroke" /></marker></defs>
        {nodes.map((n) => <Lane key={n} {...p} node={n} x={x.get(n)!} a={a} b={b} />)}
        <Faults {...p} a={a} b={b} />
        {wires.map((w) => <Timer key={`${w.row} ${w.start} ${w.name}`} w={w} x={x.get(w.node)!} lit={w.row === at || w.start === at} />)}
        {arrows.map((w) => <Line key={`${w.row} ${w.from} ${w.to}`} w={w} x={x} step={step} lit={!!selected && (selected.arrow === w || w.start === at)} />)}
        {shown.map((row, i) => <Mark key={a + i} run={p.run} row={row} y={(a + i + 0.5) * rowHeight} x={x} step={step} right={right} />)}
      </svg>
      {shown.map((row, i) => <Words key={a + i} run={p.run} row={row} index={a + i} total={rows.length} left={right + 16}
        on={a + i === at} hit={hitOf(row, p.hits)} core={row.events.some((e) => p.core.has(e))} previous={rows[a + i - 1]}
        pick={() => row.kind === "gap" ? p.reveal(row) : p.select(row.at)} />)}
    </div>
  </div>;
}

/** A machine's own line: dashed while it is down, dotted while paused, with a rail while bytes are not durable. */
function Lane({ rows, lives, node, x, a, b }: Props & { node: number; x: number; a: number; b: number }) {
  const y0 = a * rowHeight, y1 = (b + 1) * rowHeight, top = rows.rows[a]?.at ?? 0, last = rows.rows[b]?.at ?? 0;
  const span = (l: Life): [number, number] => [
    Math.max(y0, l.from <= top ? y0 : (rows.rowOf(l.from) + 0.5) * rowHeight),
    Math.min(y1, l.to > last ? y1 : (rows.rowOf(l.to) + 0.5) * rowHeight)];
  const near = lives.of[node].filter((l) => l.from <= last + 1 && l.to >= top);
  return <g>
    <line class="lane" x1={x} x2={x} y1={y0} y2={y1} />
    {near.map((l) => {
      const [from, to] = span(l);
      if (to <= from) return null;
      if (l.kind === "leads" || l.kind === "stands") return <rect class={l.kind} x={x - 15} width="30" y={from} height={to - from}><title>{l.text}</title></rect>;
      if (l.kind === "unsynced") return <rect class="unsynced" x={x - 10} width="3" y={from} height={to - from} />;
      if (l.kind === "waiting") return <rect class="waiting" x={x - 3} width="6" y={from} height={to - from} rx="3" />;
      return <g><line class="cover" x1={x} x2={x} y1={from} y2={to} /><line class={l.kind} x1={x} x2={x} y1={from} y2={to} /></g>;
    })}
  </g>;
}

/** The rails of the faults that are in force, left of the lanes. */
function Faults({ rows, lives, a, b }: Props & { a: number; b: number }) {
  const top = rows.rows[a]?.at ?? 0, last = rows.rows[b]?.at ?? 0;
  const near = lives.faults.filter((f) => f.from <= last && f.to >= top).slice(0, 5);
  return <g>{near.map((f, i) => {
    const from = f.from <= top ? a * rowHeight : (rows.rowOf(f.from) + 0.5) * rowHeight;
    const to = f.to > last ? (b + 1) * rowHeight : (rows.rowOf(f.to) + 0.5) * rowHeight;
    return <rect class={"rail " + f.kind} x={gutter - 8 - i * 5} width="3" y={from} height={Math.max(2, to - from)} />;
  })}</g>;
}

/** A faint line beside the lane, from where a timer was set to where it fired or was stopped. */
function Timer({ w, x, lit }: { w: Wire; x: number; lit: boolean }) {
  const y1 = (w.start + 0.5) * rowHeight, y2 = (w.row + 0.5) * rowHeight;
  return <g class={"wire" + (lit ? " lit" : "") + (w.stopped ? " stopped" : "")}><title>{`timer ${w.name}: set here, and ${w.stopped ? "stopped" : "fired"} there`}</title>
    <path d={`M${x + 5} ${y1}Q${x + 11} ${y1} ${x + 11} ${Math.min(y1 + 8, (y1 + y2) / 2)}V${Math.max(y2 - 8, (y1 + y2) / 2)}Q${x + 11} ${y2} ${x + 5} ${y2}`} /></g>;
}

function Line({ w, x, step, lit }: { w: Arrow; x: Map<number, number>; step: number; lit: boolean }) {
  const x1 = x.get(w.from)!, x2 = x.get(w.to)!, y2 = (w.row + 0.5) * rowHeight, dir = Math.sign(x2 - x1) || 1;
  const y1 = w.start < 0 || w.start === w.row ? y2 : (w.start + 0.5) * rowHeight;
  const colour = w.lost ? undefined : hue(w.family);
  if (w.from === w.to) return <path class={"arrow self" + (lit ? " lit" : "")} style={{ stroke: colour }} d={`M${x1 + 5} ${y1}q22 ${(y2 - y1) / 2} 0 ${y2 - y1}`} fill="none" marker-end="url(#tip)" />;
  const cut = /link|partition|cut|blocked/.test(w.lost), dead = w.lost && !cut && w.lost !== "lost" && !/loss|random/.test(w.lost);
  const part = !w.lost || dead ? 1 : cut ? 0.72 : 0.5; // where it died
  const ex = dead || !w.lost ? x2 - dir * 7 : x1 + (x2 - x1) * part, ey = w.lost && !dead ? y1 + (y2 - y1) * part : y2;
  const long = Math.abs(x2 - x1) > 92 || Math.abs(y2 - y1) > 60;
  const lx = x1 + (ex - x1) * 0.44, ly = y1 + (ey - y1) * 0.44 - 4;
  const short = w.label.length > 22 && step < 110 ? w.label.slice(0, 20) + "…" : w.label.slice(0, 34);
  const far = w.start >= 0 && w.row - w.start > 45; // it is drawn, but must not hide what happens meanwhile
  return <g class={"arrow" + (w.lost ? " lost" : "") + (far ? " far" : "") + (lit ? " lit" : "")} style={{ color: colour }}>
    <title>{w.label + (w.lost ? `: lost, ${w.lost}` : "") + (w.again ? " (a second copy)" : "") + (w.overtakes ? " (overtaken by an earlier one)" : "")}</title>
    {w.start < 0 && <circle class="early" cx={x1 + dir * 3} cy={y1} r="3" />}
    <line x1={x1 + (w.start < 0 ? dir * 6 : 0)} y1={y1} x2={ex} y2={ey} style={{ stroke: colour ?? "var(--bad)" }} marker-end={w.lost ? undefined : "url(#tip)"} />
    {w.lost && <path class="g drop" transform={`translate(${ex} ${ey})`} d="M-5-5L5 5M5-5L-5 5" />}
    {w.again && <text class="bead" x={x1 + (x2 - x1) * 0.62} y={y1 + (y2 - y1) * 0.62 - 3}>×2</text>}
    {w.overtakes && <circle class="ring" cx={x1 + (x2 - x1) * 0.8} cy={y1 + (y2 - y1) * 0.8} r="4" />}
    {long && (!w.fan || lit) && <text class="label" x={lx} y={ly} text-anchor="middle">{short}</text>}
  </g>;
}

function Mark({ run, row, y, x, step, right }: { run: Run; row: Row; y: number; x: Map<number, number>; step: number; right: number }) {
  const apart = Math.max(7, Math.min(13, (step - 20) / Math.max(1, row.beside.length))); // so that they stay off the next lane
  if (row.kind === "violation") return <g><line class="violated" x1={gutter} x2={right + 8} y1={y} y2={y} /><Glyph kind="violation" x={gutter - 10} y={y} /></g>;
  if (row.kind === "fault") return <g><line class={"fault " + row.mark} x1={gutter} x2={right} y1={y} y2={y} /><Glyph kind={row.mark} x={gutter - 18} y={y} /></g>;
  if (row.kind === "gap") return <line class="gapline" x1={gutter} x2={right} y1={y} y2={y} />;
  if (row.kind === "many") {
    const on = [...new Set(row.events.map((e) => run.node[e]))].filter((n) => x.has(n));
    return <g>{on.map((n) => row.mark === "boot" ? <><Glyph kind="boot" x={x.get(n)!} y={y} /><Beside kinds={row.beside.filter((k) => row.events.some((e) => run.node[e] === n && run.kindOf(e) === k))} x={x.get(n)! + 14} y={y} step={apart} /></> : <circle class="beat" cx={x.get(n)} cy={y} r="2.500" />)}</g>;
  }
  const cx = x.get(row.node);
  if (cx === undefined || row.mark === "drop") return null;
  const name = run.str(run.name[row.at]), failed = row.mark === "synced" && run.text[row.at] !== 0;
  const source = row.arrow && x.get(row.arrow.from), side = source !== undefined && source > cx ? -1 : 1; // away from where its message comes from
  const flagged = row.flags.length > 0 && row.mark !== "note" && row.mark !== "invoke" && row.mark !== "return", fx = cx + side * 13;
  return <g><Glyph kind={failed ? "sync-failed" : row.mark} x={cx} y={y} colour={row.arrow ? hue(family(name || row.title)) : undefined} />
    {flagged && <path class="g note" d={`M${fx - 4} ${y + 5}V${y - 6}H${fx + 5}L${fx + 2.500} ${y - 3}L${fx + 5} ${y}H${fx - 3}V${y + 5}Z`} />}
    <Beside kinds={row.beside.filter((k) => k !== row.mark)} x={cx + side * (flagged ? 27 : 14)} y={y} step={side * apart} /></g>;
}

/** The smaller marks of what happened inside of a row. */
function Beside({ kinds, x, y, step }: { kinds: string[]; x: number; y: number; step: number }) {
  return <>{kinds.map((k, i) => <g transform={`translate(${x + i * step} ${y}) scale(0.8)`}><Glyph kind={k} x={0} y={0} /></g>)}</>;
}

/** Which step of the motif a row is; 0, a hit of a plain search; -1, none. */
function hitOf(row: Row, hits: Map<number, number>): number {
  for (const e of hits.size ? row.events : []) { const step = hits.get(e); if (step !== undefined) return step; }
  return -1;
}

function Words({ run, row, index, total, left, on, hit, core, previous, pick }: {
  run: Run; row: Row; index: number; total: number; left: number; on: boolean; hit: number; core: boolean; previous?: Row; pick: () => void;
}) {
  const who = run.machine(row.node), same = previous && previous.kind !== "gap" && run.at[previous.at] === run.at[row.at];
  const behind = Math.abs(run.local[row.at] - run.at[row.at]);
  const side = row.events.reduce((s, e) => s | run.set[e], 0) & (onlyInA | onlyInB), of = side === onlyInA ? "a" : side === onlyInB ? "b" : side ? "ab" : "";
  const titles = row.flags.length > 0 && (row.mark === "fire" || row.mark === "invoke" || row.mark === "return");
  return <div class={`row ${row.kind} ${row.mark}` + (on ? " on" : "") + (hit >= 0 ? " hit" : "") + (core ? " core" : "") + (of ? " of-" + of : "")} role="option" id={`row-${index}`}
    aria-selected={on} aria-setsize={total} aria-posinset={index + 1} style={{ top: px(index * rowHeight), height: px(rowHeight) }} onClick={pick}
    title={behind > 1e6 && who ? `by ${who}'s own clock ${span(behind)} ${run.local[row.at] > run.at[row.at] ? "later" : "earlier"}` : undefined}>
    <span class="when">{row.kind === "gap" || same ? "" : ms(run.at[row.at])}</span>
    <span class="what" style={{ left: px(left) }}>
      {hit > 0 && <b class="step" title={`step ${hit} of the motif`}>{hit}</b>}
      {of && <b class="side"><span aria-hidden="true">{of === "a" ? "◁ " : of === "b" ? "▷ " : "◇ "}</span>{of === "ab" ? "differs " : `only ${sidesOf(run)[of === "a" ? 0 : 1].replace(/^the /, "")} `}</b>}
      {row.kind === "event" && who && <b class="who">{who}</b>}
      {row.kind === "violation" && <b class="bad">VIOLATION </b>}
      {titles ? row.flags.map((f) => <span class="flag">{f}</span>) : <span class="title">{row.title}</span>}
      {row.arrow && <span class="from"> from {run.machine(row.arrow.from)}</span>}
      {!titles && row.flags.map((f) => <span class="flag">{f}</span>)}
      {row.more && <span class="more">{row.more}</span>}
      {titles && <span class="more">{row.title}</span>}
    </span>
  </div>;
}
