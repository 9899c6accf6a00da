// The state of a machine at an event, put together from its diffs: sim records what each event changed,
// as "path: old → new; path: old → new", and the first time as a whole.
import { losesPower } from "./lives";
import type { Run } from "./run";

export interface Change { path: string; before: string; after: string }
export type State = Map<string, string>;

/** Reads one JSON value from s at p; returns where it ends, or -1. */
function valueEnd(s: string, p: number): number {
  let depth = 0, inside = false;
  for (let i = p; i < s.length; i++) {
    const c = s[i];
    if (inside) { if (c === "\\") i++; else if (c === '"') { inside = false; if (!depth) return i + 1; } continue; }
    if (c === '"') inside = true;
    else if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") { if (--depth <= 0) return depth < 0 ? i : i + 1; }
    else if (!depth && (c === ";" || c === " ")) return i;
  }
  return depth || inside ? -1 : s.length;
}

/** What a diff says; undefined if it is in another form, and has to be shown as it is. */
export function changes(diff: string): Change[] | undefined {
  const out: Change[] = [];
  for (let p = 0; p < diff.length;) {
    const colon = diff.indexOf(": ", p);
    if (colon < 0) return undefined;
    const a = valueEnd(diff, colon + 2);
    if (a < 0 || diff.slice(a, a + 3) !== " → ") return undefined;
    const b = valueEnd(diff, a + 3);
    if (b < 0) return undefined;
    out.push({ path: diff.slice(p, colon), before: diff.slice(colon + 2, a), after: diff.slice(a + 3, b) });
    p = diff.startsWith("; ", b) ? b + 2 : b;
    if (p === b && b < diff.length) return undefined;
  }
  return out;
}

interface Raw { rawJSON?: (s: string) => unknown; isRawJSON?: (v: unknown) => boolean }
const raw = JSON as unknown as Raw;

/** JSON.parse, but numbers that JavaScript cannot hold keep their digits where the browser can. */
function parse(s: string): unknown {
  return JSON.parse(s, ((_: string, v: unknown, at?: { source?: string }) =>
    typeof v === "number" && !Number.isSafeInteger(v) && at?.source && raw.rawJSON ? raw.rawJSON(at.source) : v) as (k: string, v: unknown) => unknown);
}

function flatten(v: unknown, path: string, into: State) {
  if (v && typeof v === "object" && !Array.isArray(v) && !raw.isRawJSON?.(v)) {
    const keys = Object.keys(v).sort();
    if (keys.length) { for (const k of keys) flatten((v as Record<string, unknown>)[k], path ? `${path}.${k}` : k, into); return; }
  }
  into.set(path || "state", JSON.stringify(v));
}

function apply(diff: string, state: State): State {
  if (diff.startsWith("{")) {
    const fresh: State = new Map();
    try { flatten(parse(diff), "", fresh); } catch { fresh.set("state", diff); }
    return fresh;
  }
  const list = changes(diff);
  if (!list) { state.set("state", diff); return state; }
  for (const c of list) {
    for (const k of [...state.keys()]) if (k.startsWith(c.path + ".")) state.delete(k);
    if (c.after === "null") state.delete(c.path);
    else try { flatten(parse(c.after), c.path, state); } catch { state.set(c.path, c.after); }
  }
  return state;
}

const keyFrame = 500;

/** The states of all machines, with a whole one kept every 500 diffs. */
export class States {
  private events: number[][] = [];
  private frames: State[][] = [];
  readonly any: boolean;

  constructor(private r: Run) {
    this.events = Array.from({ length: r.head.nodes.length + 1 }, () => []);
    for (let i = 0; i < r.n; i++) if (r.state[i]) this.events[r.node[i]].push(i);
    this.frames = this.events.map(() => []);
    this.any = this.events.some((e) => e.length > 0);
  }

  /** The state of a machine after all events up to and including index i. */
  at(node: number, i: number): State {
    const list = this.events[node] ?? [];
    let lo = 0, hi = list.length;
    while (lo < hi) { const mid = (lo + hi) >> 1; if (list[mid] <= i) lo = mid + 1; else hi = mid; }
    const frames = this.frames[node];
    let from = Math.min(frames.length, Math.floor(lo / keyFrame));
    let state: State = new Map(from ? frames[from - 1] : []);
    for (let x = from * keyFrame; x < lo; x++) {
      state = apply(this.r.str(this.r.state[list[x]]), state);
      if ((x + 1) % keyFrame === 0 && frames.length === (x + 1) / keyFrame - 1) frames.push(new Map(state));
    }
    return state;
  }
}

/** How two states differ, by path. */
export function difference(before: State, after: State): Change[] {
  const out: Change[] = [];
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const a = before.get(path) ?? "", b = after.get(path) ?? "";
    if (a !== b) out.push({ path, before: a, after: b });
  }
  return out;
}

export interface FileBytes { name: string; size: number; durable: number }

/** The files of a machine after index i, as far as the trace tells: how long they are, and how much is durable. */
export function disk(r: Run, node: number, i: number): FileBytes[] {
  const files = new Map<string, FileBytes & { asked: Map<string, number> }>();
  if (r.head.partial) return []; // a sync may be left out, and then all would look as if it were not durable
  for (let e = 0; e <= i && e < r.n; e++) {
    if (r.node[e] !== node) continue;
    const kind = r.kindOf(e), name = r.str(r.file[e]);
    if (kind === "crash") {
      const lost = losesPower(r, e);
      for (const f of files.values()) { f.asked.clear(); if (lost) f.size = f.durable; }
    }
    if (!name || (kind !== "write" && kind !== "sync" && kind !== "synced")) continue;
    let f = files.get(name);
    if (!f) files.set(name, f = { name, size: 0, durable: 0, asked: new Map() });
    const tag = r.str(r.name[e]);
    if (kind === "write") f.size = Math.max(f.size, r.off[e] + r.len[e]);
    else if (kind === "sync") f.asked.set(tag, f.size);
    else if (!r.text[e]) f.durable = Math.max(f.durable, f.asked.get(tag) ?? 0);
  }
  return [...files.values()];
}
