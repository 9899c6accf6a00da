// The overview: time runs right, a lane a machine, on a canvas. Far away it shows how much happened and
// the worst of it, near by every event and message. The curve of no return stands below, on the same axis.
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { JSX } from "preact";
import { laneOf, type Arrangement } from "./arrange";
import type { Lives } from "./lives";
import type { Run } from "./run";
import { span } from "./words";

/** How many events of a window are drawn one by one; more are drawn as bars. */
const singly = 1500, messages = 700;

export interface Zoom { from: number; to: number }

interface Props {
  run: Run; lives: Lives; zoom: Zoom; setZoom: (z: Zoom) => void; selected: number; hits: number[]; motifs?: number[][]; open: boolean;
  byOrder: boolean; hidden: Set<number>; lanes: Arrangement; select: (event: number) => void; dark: boolean;
  complete: boolean; // false as long as the story comes first: then only the place is kept
}

const left = 92, right = 16, curveHeight = 44, axis = 18;

/** How bad a kind of event is: the worst in a bucket decides on its colour. */
function severities(run: Run): Uint8Array {
  const by: Record<string, number> = { violation: 5, crash: 4, drop: 3, "fault-on": 3, boot: 2, write: 1, synced: 1, sync: 1 };
  return Uint8Array.from(run.head.kinds, (k) => by[k] ?? 0);
}

export function Overview(p: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null), drag = useRef<{ x: number; from: number; to: number; moved: boolean } | null>(null);
  const lanes = useMemo(() => p.lanes.map((l) => l.filter((n) => !p.hidden.has(n))).filter((l) => l.length), [p.lanes, p.hidden]);
  const curve = (p.run.head.curve ?? []).filter((c) => c.runs > 0);
  const laneHeight = p.open ? Math.max(9, Math.min(16, 190 / lanes.length)) : 36 / lanes.length;
  const height = Math.round(lanes.length * laneHeight + axis + (p.open && curve.length ? curveHeight : 0));
  const severity = useMemo(() => severities(p.run), [p.run]);
  const position = (i: number) => p.byOrder ? i : p.run.at[i];
  const indexAt = (v: number) => p.byOrder ? Math.max(0, Math.min(p.run.n - 1, Math.round(v))) : Math.min(p.run.n - 1, p.run.since(v));

  const draw = () => {
    const el = canvas.current;
    if (!el) return; // another run is shown since
    const began = performance.now(), ratio = devicePixelRatio || 1, width = el.clientWidth;
    if (!width) return;
    if (el.width !== Math.round(width * ratio) || el.height !== Math.round(height * ratio)) { el.width = Math.round(width * ratio); el.height = Math.round(height * ratio); }
    const g = el.getContext("2d")!;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(g, width, { ...p, lanes, laneHeight, height, severity, curve, position, indexAt });
    const w = window as unknown as { orreryFrame: number };
    w.orreryFrame = performance.now() - began;
  };
  useEffect(() => {
    if (!p.complete) return;
    let frame = requestAnimationFrame(draw);
    const watch = new ResizeObserver(() => { cancelAnimationFrame(frame); frame = requestAnimationFrame(draw); });
    watch.observe(canvas.current!);
    return () => { cancelAnimationFrame(frame); watch.disconnect(); };
  });
  const wide = () => canvas.current!.clientWidth - left - right;
  const valueAt = (x: number) => p.zoom.from + (x - left) / wide() * (p.zoom.to - p.zoom.from);
  const wheel = (e: WheelEvent) => {
    e.preventDefault();
    const s = p.zoom.to - p.zoom.from;
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) p.setZoom(shifted(p, (e.deltaX || e.deltaY) / wide() * s));
    else p.setZoom(scaled(p, Math.exp(e.deltaY / 400), valueAt(e.offsetX)));
  };
  useEffect(() => {
    const el = canvas.current!;
    el.addEventListener("wheel", wheel, { passive: false });
    return () => el.removeEventListener("wheel", wheel);
  });
  const pick = (x: number, y: number) => {
    const lane = lanes[Math.floor(y / laneHeight)], at = valueAt(x);
    const reach = (p.zoom.to - p.zoom.from) / wide() * 30;
    let best = -1, nearest = reach;
    for (let i = indexAt(at - reach); i < p.run.n && position(i) <= at + reach; i++) {
      if (lane !== undefined && !lane.includes(p.run.node[i])) continue;
      const d = Math.abs(position(i) - at);
      if (d < nearest) { nearest = d; best = i; }
    }
    p.select(best >= 0 ? best : indexAt(at));
  };
  return <canvas ref={canvas} class="overview" style={{ height: `${height}px` }} role="img"
    aria-label={`Overview: ${lanes.flat().length} machines over ${span(p.run.end)}. Plus and minus zoom, 0 shows all.`}
    onPointerDown={(e) => { drag.current = { x: e.offsetX, ...p.zoom, moved: false }; (e.target as Element).setPointerCapture(e.pointerId); }}
    onPointerMove={(e) => {
      const d = drag.current;
      if (!d) return;
      if (Math.abs(e.offsetX - d.x) > 3) d.moved = true;
      if (d.moved) p.setZoom(shifted({ ...p, zoom: d }, (d.x - e.offsetX) / wide() * (d.to - d.from)));
    }}
    onPointerUp={(e) => { if (drag.current && !drag.current.moved) pick(e.offsetX, e.offsetY); drag.current = null; }}
    onDblClick={(e) => p.setZoom(scaled(p, 0.25, valueAt(e.offsetX)))} />;
}

interface Range { run: Run; zoom: Zoom; byOrder: boolean }

/** All of the run on the axis that is chosen. */
export const whole = (p: { run: Run; byOrder: boolean }): Zoom => ({ from: 0, to: Math.max(1, p.byOrder ? p.run.n - 1 : p.run.end) * 1.01 });

export function shifted(p: Range, d: number): Zoom {
  const all = whole(p), size = p.zoom.to - p.zoom.from;
  const from = Math.max(all.from, Math.min(all.to - size, p.zoom.from + d));
  return { from, to: from + size };
}

export function scaled(p: Range, factor: number, at: number): Zoom {
  const all = whole(p), size = Math.min(all.to - all.from, Math.max(p.byOrder ? 8 : 1000, (p.zoom.to - p.zoom.from) * factor));
  const from = Math.max(all.from, Math.min(all.to - size, at - (at - p.zoom.from) / (p.zoom.to - p.zoom.from) * size));
  return { from, to: from + size };
}

interface Scene extends Props {
  lanes: Arrangement; laneHeight: number; height: number; severity: Uint8Array; curve: { event: number; runs: number; violated: number }[];
  position: (i: number) => number; indexAt: (v: number) => number;
}

function paint(g: CanvasRenderingContext2D, width: number, s: Scene) {
  const css = getComputedStyle(g.canvas), colour = (n: string) => css.getPropertyValue(n).trim();
  const wide = width - left - right, { from, to } = s.zoom, scale = wide / (to - from);
  const X = (v: number) => left + (v - from) * scale, laneAt = new Map(s.lanes.flatMap((l, i) => l.map((n) => [n, i] as const)));
  const base = s.lanes.length * s.laneHeight;
  g.clearRect(0, 0, width, s.height);
  g.font = "11px system-ui, sans-serif";
  g.textBaseline = "middle";
  const ink = colour("--ink"), faint = colour("--faint"), line = colour("--line"), bad = colour("--bad"), warn = colour("--warn"), disk = colour("--disk"), ok = colour("--good"), client = colour("--client");
  s.lanes.forEach((lane, i) => {
    const y = (i + 0.5) * s.laneHeight;
    g.fillStyle = faint;
    if (s.open) { g.textAlign = "right"; g.fillText(lane.map((n) => s.run.machine(n)).join("+").slice(0, 12), left - 10, y); }
    g.fillStyle = line; g.fillRect(left, y, wide, 1);
  });
  g.save();
  g.beginPath(); g.rect(left, 0, wide, s.height); g.clip();
  bands(g, s, X, base, { warn, bad, line, client, disk, good: ok });
  const a = s.indexAt(from), b = Math.min(s.run.n - 1, s.indexAt(to));
  const colours = [ink, disk, ok, warn, bad, bad];
  if (b - a > singly) density(g, s, a, b, X, wide, laneAt, colours);
  else events(g, s, a, b, X, laneAt, colours, { warn, faint, disk });
  if (s.curve.length && s.open) curveOf(g, s, X, base, { bad, line, faint, warn });
  g.fillStyle = colour("--hit");
  for (const h of s.hits) { const x = X(s.position(h)); if (x >= left && x <= width - right) g.fillRect(x - 1, 0, 2, 5); }
  for (const m of s.motifs ?? []) { const x = X(s.position(m[0])), end = X(s.position(m[m.length - 1])); if (end >= left && x <= width - right) g.fillRect(x, 0, end - x, 2); }
  const v = s.run.violation;
  if (v >= 0) { g.fillStyle = bad; g.fillRect(X(s.position(v)) - 1, 0, 2, base); }
  if (s.selected >= 0) {
    const x = X(s.position(s.selected));
    g.fillStyle = colour("--accent"); g.fillRect(x - 1, 0, 2, s.height - axis);
    g.beginPath(); g.moveTo(x - 5, s.height - axis); g.lineTo(x + 5, s.height - axis); g.lineTo(x, s.height - axis - 6); g.fill();
  }
  g.restore();
  if (s.curve.length && s.open) {
    g.fillStyle = faint; g.textAlign = "right";
    g.fillText("100 %", left - 10, base + 9); g.fillText("0", left - 10, base + curveHeight - 7);
  }
  ticks(g, s, X, width, faint, line);
}

/** What lasts: machines that are down or paused, operations, faults. */
function bands(g: CanvasRenderingContext2D, s: Scene, X: (v: number) => number, base: number, c: Record<string, string>) {
  const until = (i: number) => i >= s.run.n ? s.zoom.to : s.position(i);
  for (const f of s.lives.faults) {
    const x = X(s.position(f.from)), w = Math.max(1.500, X(until(f.to)) - x);
    if (x > g.canvas.clientWidth || x + w < left) continue;
    const lanes = [...new Set(f.nodes.map((n) => laneOf(s.lanes, n)))].filter((i) => i >= 0);
    g.globalAlpha = lanes.length ? 0.16 : 0.07; g.fillStyle = f.kind === "disk" ? c.disk : c.warn;
    if (!lanes.length) g.fillRect(x, 0, w, base);
    for (const i of lanes) g.fillRect(x, i * s.laneHeight, w, s.laneHeight);
    g.globalAlpha = 0.8;
    if (f.kind === "partition") { // a bracket that joins the lanes of one side
      g.strokeStyle = c.warn; g.lineWidth = 1.500;
      for (const i of lanes) { g.strokeRect(x, i * s.laneHeight + 1.500, w, s.laneHeight - 3); }
    } else if (f.kind === "disk") for (const i of lanes) g.fillRect(x, (i + 1) * s.laneHeight - 2, w, 2);
    else if (f.kind === "clock") for (const i of lanes) { g.setLineDash([1, 3]); g.strokeStyle = c.warn; g.strokeRect(x, i * s.laneHeight + 2, w, s.laneHeight - 4); g.setLineDash([]); }
    g.globalAlpha = 1;
  }
  s.lanes.forEach((lane, i) => {
    const y = i * s.laneHeight;
    let drawn = -1; // bars that would fall on one pixel are one
    for (const l of lane.length > 1 ? lane.flatMap((n) => s.lives.of[n]).sort((p, q) => p.from - q.from) : s.lives.of[lane[0]]) {
      if (l.kind === "unsynced" || l.kind === "absent" || l.kind === "stands") continue;
      const x = X(s.position(Math.min(l.from, s.run.n - 1))), w = X(until(l.to)) - x;
      if (x + w < left || x > g.canvas.clientWidth) continue;
      if (l.kind === "waiting" && x + w < drawn + 1) continue;
      if (l.kind === "waiting") { drawn = x + w; g.fillStyle = c.client; g.globalAlpha = 0.45; g.fillRect(x, y + s.laneHeight / 2 - 2, Math.max(1, w - 1), 4); }
      else if (l.kind === "leads") { g.fillStyle = c.good; g.globalAlpha = 0.5; g.fillRect(x, y + s.laneHeight - 2, Math.max(1, w), 2); }
      else if (l.kind === "down" || l.kind === "paused") {
        g.globalAlpha = 0.35; g.strokeStyle = l.kind === "down" ? c.bad : c.warn; g.lineWidth = 1;
        g.save(); g.beginPath(); g.rect(x, y + 1, Math.max(2, w), s.laneHeight - 2); g.clip();
        g.beginPath();
        const x0 = Math.max(x, left), x1 = Math.min(x + Math.max(2, w), g.canvas.clientWidth);
        if (l.kind === "down") for (let h = x0 - s.laneHeight; h < x1; h += 5) { g.moveTo(h, y + s.laneHeight); g.lineTo(h + s.laneHeight, y); }
        else for (let h = x0; h < x1; h += 5) { g.moveTo(h, y + 3); g.lineTo(h, y + s.laneHeight - 3); }
        g.stroke(); g.restore();
      }
      g.globalAlpha = 1;
    }
  });
}

/** Bars: how much happened on a lane in two pixels; the worst of it gives the colour. */
function density(g: CanvasRenderingContext2D, s: Scene, a: number, b: number, X: (v: number) => number, wide: number, laneAt: Map<number, number>, colours: string[]) {
  const buckets = Math.ceil(wide / 2) + 1, counts = new Uint32Array(buckets * s.lanes.length), worst = new Uint8Array(buckets * s.lanes.length);
  const lane = new Int16Array(s.run.head.nodes.length + 1).fill(-1);
  for (const [n, i] of laneAt) lane[n] = i;
  let most = 1;
  const offset = X(0), scale = X(1) - offset, at = s.byOrder ? undefined : s.run.at;
  for (let i = a; i <= b; i++) {
    const l = lane[s.run.node[i]];
    if (l < 0) continue;
    const k = ((offset + (at ? at[i] : i) * scale - left) / 2 | 0), c = l * buckets + k;
    if (k < 0 || k >= buckets) continue;
    if (++counts[c] > most) most = counts[c];
    const v = s.severity[s.run.kind[i]];
    if (v > worst[c]) worst[c] = v;
  }
  for (let w = 0; w < colours.length; w++) {
    g.fillStyle = colours[w];
    g.globalAlpha = w < 2 ? 0.55 : 0.9;
    for (let l = 0; l < s.lanes.length; l++) for (let k = 0; k < buckets; k++) {
      const c = l * buckets + k;
      if (!counts[c] || worst[c] !== w) continue;
      const h = Math.max(2, (s.laneHeight - 2) * Math.log(1 + counts[c]) / Math.log(1 + most));
      g.fillRect(left + k * 2, (l + 0.5) * s.laneHeight - h / 2, 2, h);
    }
  }
  g.globalAlpha = 1;
}

/** Every event by itself, and messages as lines if they are not too many. */
function events(g: CanvasRenderingContext2D, s: Scene, a: number, b: number, X: (v: number) => number, laneAt: Map<number, number>, colours: string[], c: Record<string, string>) {
  const y = (n: number) => ((laneAt.get(n) ?? -2) + 0.5) * s.laneHeight;
  if (b - a < messages && s.open) for (let i = a; i <= b; i++) {
    const k = s.run.kindOf(i), lost = k === "drop";
    if (!lost && k !== "deliver" && k !== "received") continue;
    const sent = s.run.first(s.run.cause[i]), to = laneAt.get(s.run.node[i]), from = laneAt.get(s.run.peer[i]);
    if (sent < 0 || to === undefined || from === undefined) continue;
    g.strokeStyle = lost ? c.warn : c.faint; g.globalAlpha = 0.6; g.lineWidth = 1;
    g.setLineDash(lost ? [3, 3] : []);
    g.beginPath(); g.moveTo(X(s.position(sent)), y(s.run.peer[i])); g.lineTo(X(s.position(i)), y(s.run.node[i])); g.stroke();
  }
  g.setLineDash([]); g.globalAlpha = 1;
  const r = Math.min(3.500, s.laneHeight / 2 - 1);
  for (let i = a; i <= b; i++) {
    if (!laneAt.has(s.run.node[i])) continue;
    const x = X(s.position(i)), cy = y(s.run.node[i]), k = s.run.kindOf(i);
    if (k === "send" || k === "sync" || k === "timer-set" || k === "timer-stop") continue;
    if (k === "bytes-lost" || k === "torn") { // around the crash that did it
      g.strokeStyle = c.disk; g.lineWidth = 1.500; g.setLineDash(k === "torn" ? [2, 2] : []);
      g.beginPath(); g.arc(x, cy, r + (k === "torn" ? 4 : 2), 0, 7); g.stroke(); g.setLineDash([]);
      continue;
    }
    g.fillStyle = colours[s.severity[s.run.kind[i]]];
    g.beginPath();
    if (k === "boot") { g.moveTo(x, cy - r); g.lineTo(x + r, cy + r); g.lineTo(x - r, cy + r); }
    else if (k === "crash") { g.moveTo(x, cy + r); g.lineTo(x + r, cy - r); g.lineTo(x - r, cy - r); }
    else if (k === "write" || k === "synced") g.rect(x - r / 2, cy - r / 2, r, r);
    else g.arc(x, cy, r * 0.7, 0, 7);
    g.fill();
  }
}

/** How probable the violation was after each event. */
function curveOf(g: CanvasRenderingContext2D, s: Scene, X: (v: number) => number, top: number, c: Record<string, string>) {
  const y = (share: number) => top + curveHeight - 6 - share * (curveHeight - 14);
  const points = s.curve.map((p) => ({ x: X(s.position(Math.max(0, s.run.first(p.event)))), share: p.violated / p.runs }));
  g.strokeStyle = c.line; g.beginPath(); g.moveTo(left, y(0)); g.lineTo(g.canvas.clientWidth, y(0)); g.stroke();
  g.beginPath();
  points.forEach((p, i) => i ? (g.lineTo(p.x, y(points[i - 1].share)), g.lineTo(p.x, y(p.share))) : g.moveTo(p.x, y(p.share)));
  g.strokeStyle = c.bad; g.lineWidth = 2; g.stroke();
  g.lineTo(points[points.length - 1].x, y(0)); g.lineTo(points[0].x, y(0));
  g.globalAlpha = 0.12; g.fillStyle = c.bad; g.fill(); g.globalAlpha = 1;
  g.fillStyle = c.faint; g.textAlign = "left"; g.fillText("how sure the violation was", left + 6, y(points[0].share) < top + 18 ? top + curveHeight - 12 : top + 9);
}

function ticks(g: CanvasRenderingContext2D, s: Scene, X: (v: number) => number, width: number, faint: string, line: string) {
  const raw = (s.zoom.to - s.zoom.from) / Math.max(2, width / 140), ten = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * ten).find((v) => v >= raw) ?? raw;
  g.textAlign = "center"; g.fillStyle = faint;
  for (let v = Math.ceil(s.zoom.from / step) * step; v <= s.zoom.to; v += step) {
    const x = X(v);
    if (x > width - 30) break;
    g.fillStyle = line; g.fillRect(x, s.height - axis, 1, 4);
    g.fillStyle = faint; g.fillText(s.byOrder ? `#${Math.round(v)}` : v === 0 ? "0" : span(v), x, s.height - 7);
  }
}
