// The rows of the story: what a view shows of the run, one line for one thing that a machine did, with
// what happened inside of it.
import { called, count, effect, family, isHeartbeat, plural, sentence } from "./words";
import { inCausal, inMinimal, type Run } from "./run";

export type View = "full" | "causal" | "minimal";
export type RowKind = "event" | "many" | "gap" | "fault" | "violation";

export interface Row {
  kind: RowKind;
  at: number;         // index of the event that it is about; of a gap, of the first that is left out
  events: number[];   // all that it shows
  node: number;       // the lane of its mark; 0 is none
  mark: string;       // kind of its mark
  title: string;      // what matters of it
  more: string;       // what happened inside of it
  flags: string[];    // what the machine said of itself
  left: number;       // of a gap: how many events are left out
  beside: string[];   // kinds of what happened inside of it that have marks of their own
  arrow?: Arrow;      // the message that arrives, or is lost
}

export interface Arrow { from: number; to: number; start: number; row: number; label: string; family: string; lost: string; again: boolean; overtakes: boolean;
  fan: boolean; // another that began with it says the same
}

/** A timer from where it was set to where it fired or was stopped. */
export interface Wire { node: number; start: number; row: number; name: string; stopped: boolean }

export interface Rows {
  view: View;
  rows: Row[];
  nodes: number[];               // machines that have something to show
  rowOf: (event: number) => number; // the row that shows an event, or the one before it
  crossing: (a: number, b: number) => Arrow[];
  wires: (a: number, b: number) => Wire[];
}

const quiet = new Set(["send", "sync", "posted", "timer-set", "timer-stop"]);
const marked = new Set(["write", "timer-set", "timer-stop", "bytes-lost", "torn"]);

export function rowsOf(r: Run, view: View, order: number[], terse: boolean): Rows {
  const want = view === "full" ? 0 : view === "causal" ? inCausal : inMinimal;
  const rows: Row[] = [];
  let left = 0, leftFrom = 0;
  const used = new Set<number>();
  let boots: Row | undefined, beats: Row | undefined, pending: Row[] = [];
  const flushBeats = () => {
    if (beats && pending.length < 3) rows.push(...pending);
    else if (beats) { beats.title = tally(r, beats.events); rows.push(beats); }
    beats = undefined; pending = [];
  };
  const gap = () => {
    if (!left) return;
    flushBeats();
    rows.push({ kind: "gap", at: leftFrom, events: [], node: 0, mark: "", title: `${plural(left, "event")} not shown`, more: "", flags: [], left, beside: [] });
    left = 0;
  };
  for (let i = 0; i < r.n;) {
    let j = i;
    while (j < r.n && r.seq[j] === r.seq[i]) j++;
    let any = !want;
    for (let x = i; x < j && !any; x++) any = (r.set[x] & want) !== 0;
    if (!any) { if (!left) leftFrom = i; left += j - i; i = j; continue; }
    const made = group(r, i, j, want);
    if (!made.length) { if (!left) leftFrom = i; left += j - i; i = j; continue; }
    const onlyBoot = made.length === 1 && made[0].mark === "boot" && r.inc[made[0].at] <= 1 && made[0].flags.length === 0;
    if (!(onlyBoot && boots)) gap(); // machines that boot one after the other are one row, whatever lies between
    left = onlyBoot && boots ? 0 : left;
    if (onlyBoot) {
      flushBeats();
      if (boots) {
        boots.events.push(...made[0].events);
        for (const k of made[0].beside) if (!boots.beside.includes(k)) boots.beside.push(k);
      }
      else rows.push(boots = { ...made[0], kind: "many", node: 0 });
      used.add(made[0].node);
      i = j; continue;
    }
    boots = undefined;
    for (const row of made) {
      if (row.node) used.add(row.node);
      if (row.arrow) { used.add(row.arrow.from); used.add(row.arrow.to); }
      if (terse && boring(r, row)) {
        beats ??= { kind: "many", at: row.at, events: [], node: 0, mark: "beats", title: "", more: "", flags: [], left: 0, beside: [] };
        beats.events.push(...row.events); pending.push(row);
      } else { flushBeats(); rows.push(row); }
    }
    i = j;
  }
  flushBeats();
  gap();
  for (const row of rows) if (row.kind === "many" && row.mark === "boot") {
    const n = row.events.filter((e) => r.kindOf(e) === "boot").length;
    if (n === 1) { row.kind = "event"; row.node = r.node[row.at]; } else row.title = `${n} machines boot`;
  }
  return { view, rows, ...link(r, rows), nodes: order.filter((x) => used.has(x)) };
}

/** What heartbeats and their like were, counted. */
function tally(r: Run, events: number[]): string {
  const by = new Map<string, number>();
  for (const e of events) {
    const k = r.kindOf(e), name = r.str(r.name[e]);
    if (k === "deliver" || k === "received" || k === "fire" || k === "drop") {
      const what = k === "fire" ? "timer " + name : k === "drop" ? name + " lost" : name;
      by.set(what, (by.get(what) ?? 0) + 1);
    }
  }
  return [...by].map(([k, n]) => `${count(n)} × ${k}`).join(", ");
}

function boring(r: Run, row: Row): boolean {
  return row.kind === "event" && row.flags.length === 0 && !row.more && isHeartbeat(r.str(r.name[row.at]));
}

/** The rows of one event and its effects: one a machine, and one for each loss, fault and violation. */
function group(r: Run, i: number, j: number, want: number): Row[] {
  const out: Row[] = [];
  let last: Row | undefined, crashed: Row | undefined;
  for (let e = i; e < j; e++) {
    const kind = r.kindOf(e);
    const own = kind === "drop" || kind === "fault-on" || kind === "fault-off" || kind === "violation" || kind === "crash";
    if (own) {
      if (want && !(r.set[e] & want)) continue;
      out.push(single(r, e, kind));
      if (kind === "crash") { last = undefined; crashed = out[out.length - 1]; }
      continue;
    }
    if ((kind === "bytes-lost" || kind === "torn") && crashed?.node === r.node[e]) { absorb(r, crashed, e, kind); continue; }
    if (kind === "script" && j > i + 1) continue;
    if (last && last.node === r.node[e] && (r.sub[e] > 0 || r.seq[last.at] === r.seq[e])) { absorb(r, last, e, kind); continue; }
    if (quiet.has(kind) && (r.sub[e] > 0 || kind === "posted")) continue;
    if (want && !(r.set[e] & want)) { if (kind !== "note") continue; }
    if (kind === "note" && !r.text[e] && !r.name[e]) { if (!last) continue; }
    out.push(last = single(r, e, kind));
  }
  return out;
}

function absorb(r: Run, row: Row, e: number, kind: string) {
  row.events.push(e);
  if (marked.has(kind) && !row.beside.includes(kind)) row.beside.push(kind);
  if (kind === "timer-set" || kind === "timer-stop") return; // marks say it, and there are many
  if (kind === "note") { const s = effect(r, e); if (s) row.flags.push(s); return; }
  if (kind === "invoke" || kind === "return") {
    row.flags.push(effect(r, e));
    if (row.mark === "fire" || row.mark === "deliver" || row.mark === "received") row.mark = kind;
    return;
  }
  if (kind === "bytes-lost") row.more = row.more.replace(/ \(\d+ bytes and 0 names [^)]*\)/, ""); // here it is said of each file
  const s = effect(r, e);
  if (s && !row.more.includes(s)) row.more += (row.more ? " · " : "") + s;
}

function single(r: Run, e: number, kind: string): Row {
  const row: Row = { kind: kind === "violation" ? "violation" : kind.startsWith("fault") ? "fault" : "event",
    at: e, events: [e], node: r.node[e], mark: kind, title: "", more: "", flags: [], left: 0, beside: [] };
  const text = r.str(r.text[e]), name = r.str(r.name[e]);
  switch (kind) {
    case "deliver": case "received": case "drop":
      row.title = called(r, e);
      if (kind === "drop") row.more = text === "lost" ? "is lost on the way" : "is lost: " + text;
      if (r.peer[e] && r.node[e]) row.arrow = { from: r.peer[e], to: r.node[e], start: -1, row: -1, label: row.title,
        family: family(name || row.title), lost: kind === "drop" ? text || "lost" : "", again: false, overtakes: false, fan: false };
      break;
    case "send": row.title = "sends " + called(r, e); row.more = "to " + r.machine(r.peer[e]); break;
    case "fire": row.title = "timer " + name; row.more = text; break;
    case "note": row.title = [name, text].filter(Boolean).join(" "); break;
    case "crash": row.title = "crashes"; row.more = text; break;
    case "boot": row.title = r.inc[e] > 1 ? `restarts, incarnation ${r.inc[e]}` : "boots"; row.more = text; break;
    case "synced": row.title = text ? "sync fails" : "synced"; row.more = text || r.str(r.file[e]) || name.replace(/#\d+$/, ""); break;
    case "invoke": row.title = "asks " + [name, text].filter(Boolean).join(" "); break;
    case "return": row.title = "is answered " + [name, text].filter(Boolean).join(" "); break;
    case "violation": row.title = name; row.more = text; row.node = 0; break;
    case "fault-on": row.title = name; row.more = text; row.node = 0; break;
    case "fault-off": row.title = name + " ends"; row.more = r.len[e] ? `it bit ${r.len[e] === 1 ? "once" : count(r.len[e]) + " times"}` : "it never bit"; row.node = 0; break;
    default: row.title = sentence(r, e);
  }
  return row;
}

/** Finds the row of every event, and where every arrow begins. */
function link(r: Run, rows: Row[]): Pick<Rows, "rowOf" | "crossing" | "wires"> {
  const first = Float64Array.from(rows, (row) => row.at), folded = new Map<number, number>();
  rows.forEach((row, y) => { if (row.kind === "many") for (const e of row.events) folded.set(e, y); });
  const rowOf = (event: number) => {
    const known = folded.get(event);
    if (known !== undefined) return known;
    let lo = 0, hi = rows.length - 1;
    while (lo < hi) { const mid = (lo + hi + 1) >> 1; if (first[mid] <= event) lo = mid; else hi = mid - 1; }
    for (let y = lo; y >= 0 && y > lo - 40; y--) {
      if (rows[y].events.includes(event)) return y;
      if (rows[y].kind !== "gap" && r.seq[rows[y].at] !== r.seq[event]) break;
    }
    return lo;
  };
  /** The row in which a machine did what has this number, if it is shown. */
  const actOf = (seq: number, node: number) => {
    const e = seq ? r.first(seq) : -1;
    if (e < 0) return -1;
    for (let y = rowOf(e); y < rows.length && rows[y].kind !== "gap" && (rows[y].kind === "many" || r.seq[rows[y].at] === seq); y++) {
      if (rows[y].node === node || rows[y].events.some((x) => r.node[x] === node && r.seq[x] === seq)) return y;
      if (rows[y].kind === "many") break;
    }
    return -1;
  };
  const fans = new Map<number, Arrow[]>(); // by the row in which they begin
  const arrows = new Blocks<Arrow>(rows.length), wires = new Blocks<Wire>(rows.length);
  const lastSent = new Map<number, { sent: number; arrow: Arrow }>(), seen = new Map<number, number[]>();
  rows.forEach((row, y) => {
    if (row.kind === "event") for (const e of row.mark === "fire" || row.beside.includes("timer-stop") ? row.events : []) {
      const kind = r.kindOf(e), set = kind === "fire" || kind === "timer-stop" ? r.timerSet(e) : -1;
      const start = set >= 0 ? actOf(r.seq[set], row.node) : -1;
      if (start >= 0 && start < y) wires.add({ node: row.node, start, row: y, name: r.str(r.name[e]), stopped: kind === "timer-stop" });
    }
    const a = row.arrow;
    if (!a) return;
    const cause = r.cause[row.at], from = actOf(cause, a.from);
    a.row = y;
    a.start = from <= y ? from : -1;
    if (from >= 0) {
      const fan = fans.get(from);
      if (fan) { a.fan = fan.some((x) => x.label === a.label); fan.push(a); } else fans.set(from, [a]);
    }
    const pair = a.from * 65536 + a.to, before = lastSent.get(pair);
    if (before && cause < before.sent && !a.lost) before.arrow.overtakes = true;
    if (!a.lost && (!before || cause >= before.sent)) lastSent.set(pair, { sent: cause, arrow: a });
    if (!a.lost) { // a second one of the same kind and size, from the same step, is a copy
      const key = cause * 4096 + a.to, same = seen.get(key);
      a.again = !!same?.some((x) => r.name[x] === r.name[row.at] && r.msg[x] === r.msg[row.at] && r.len[x] === r.len[row.at]);
      if (same) same.push(row.at); else seen.set(key, [row.at]);
    }
    arrows.add(a);
  });
  return { rowOf, crossing: (a, b) => arrows.between(a, b), wires: (a, b) => wires.between(a, b) };
}

/** What reaches from one row to another, to be found by the rows between. */
class Blocks<T extends { start: number; row: number }> {
  private readonly of: T[][];
  constructor(rows: number) { this.of = Array.from({ length: Math.ceil(rows / 64) }, () => []); }

  add(x: T) {
    for (let b = (x.start < 0 ? x.row : x.start) >> 6; b <= x.row >> 6; b++) this.of[b].push(x);
  }

  /** What begins at row b or before, and ends at row a or behind. */
  between(a: number, b: number): T[] {
    const found = new Set<T>();
    for (let c = Math.max(0, a) >> 6; c <= b >> 6 && c < this.of.length; c++)
      for (const x of this.of[c]) if (x.row >= a && (x.start < 0 ? x.row : x.start) <= b) found.add(x);
    return [...found];
  }
}
