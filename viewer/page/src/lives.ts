// How the machines fared: when each was down, paused, waiting for an answer, had bytes that were not
// durable, led or stood for election; and when faults were in force. Intervals are in indices of events.
import type { Run } from "./run";
import { byName } from "./words";

export type LifeKind = "absent" | "down" | "paused" | "waiting" | "unsynced" | "leads" | "stands";
export interface Life { kind: LifeKind; from: number; to: number; text: string }
export interface Force { name: string; text: string; kind: string; from: number; to: number; nodes: number[]; sides: number[][]; effects: number }

export interface Lives {
  of: Life[][];        // by machine
  faults: Force[];
  clients: Set<number>;
  order: number[];     // machines: servers before clients, n2 before n10
  operations: { node: number; from: number; to: number; text: string; answer: string }[];
}

const splitWords = (s: string) => s.split(/[^\p{L}\p{N}_.-]+/u).map((w) => w.replace(/^[-.]+|[-.]+$/g, "")).filter(Boolean);

/** What a fault is, by how it is written; it decides on the pattern of its band. */
export function faultKind(name: string): string {
  if (/^(crash|kill|wipe|restart|power)/.test(name)) return "crash";
  if (/^(pause|freeze|stall-node)/.test(name)) return "pause";
  if (/^(isolate|cut|halves|partition|ring|bridge|random-groups|clog|client-cut)/.test(name) || name.includes("|")) return "partition";
  if (/clock|drift|skew|strobe/.test(name)) return "clock";
  if (/disk|sync|torn|write|sector|bitrot|corrupt-file/.test(name)) return "disk";
  return "network";
}

/** What a change of a state says of a field "role": undefined if nothing. */
export function roleIn(diff: string): string | undefined {
  if (!diff.includes("role")) return undefined;
  return (diff.startsWith("{") ? /[{,]"role":"([^"]*)"/ : /(?:^|; )role: (?:"[^"]*"|null) → "([^"]*)"/).exec(diff)?.[1];
}

const roleKind = (role: string): LifeKind | undefined => /^lead/i.test(role) ? "leads" : /^(candidate|looking|elect)/i.test(role) ? "stands" : undefined;

/** Whether a crash took what was not synced with it: it says so, or it is of a trace that tells crashes of processes apart by their words. */
export const losesPower = (r: Run, i: number) => r.len[i] > 0 || !/killed|process|refuses|halts|panics/.test(r.str(r.text[i]));

export function livesOf(r: Run): Lives {
  const m = r.head.nodes.length + 1;
  const of: Life[][] = Array.from({ length: m }, () => []);
  const open: Partial<Record<LifeKind, Life>>[] = Array.from({ length: m }, () => ({}));
  const seen = new Uint8Array(m), files = new Map<string, { size: number; durable: number; asked: Map<string, number> }>();
  const clients = new Set<number>(), faults: Force[] = [], operations: Lives["operations"] = [];
  const asking = new Map<number, Lives["operations"][number]>();
  const index = new Map(r.head.nodes.map((name, i) => [name, i + 1]));
  const mentioned = (text: string) => splitWords(text).map((w) => index.get(w) ?? 0).filter((x, i, a) => x && a.indexOf(x) === i);
  const begin = (node: number, kind: LifeKind, i: number, text = "") => {
    if (!open[node][kind]) { const l = { kind, from: i, to: r.n, text }; open[node][kind] = l; of[node].push(l); }
  };
  const end = (node: number, kind: LifeKind, i: number) => {
    const l = open[node][kind];
    if (l) { l.to = i; delete open[node][kind]; }
  };
  const k = (name: string) => r.head.kinds.indexOf(name);
  const BOOT = k("boot"), CRASH = k("crash"), ON = k("fault-on"), OFF = k("fault-off"), INVOKE = k("invoke"), RETURN = k("return"),
    WRITE = k("write"), SYNC = k("sync"), SYNCED = k("synced");
  const unsynced = new Int32Array(m), roles = new Map<number, string | undefined>();
  const role = (node: number, i: number) => {
    const diff = r.state[i];
    if (!roles.has(diff)) roles.set(diff, roleIn(r.str(diff)));
    const now = roles.get(diff);
    if (now === undefined) return;
    for (const kind of ["leads", "stands"] as const) if (roleKind(now) === kind) begin(node, kind, i, now); else end(node, kind, i);
  };
  for (let i = 0; i < r.n; i++) {
    const node = r.node[i], kind = r.kind[i];
    if (node && !seen[node]) {
      seen[node] = 1;
      if (kind === BOOT && r.inc[i] <= 1 && i > 0) of[node].push({ kind: "absent", from: 0, to: i, text: "not started yet" });
    }
    if (r.state[i]) role(node, i);
    if (kind === BOOT) { end(node, "down", i); }
    else if (kind === CRASH) {
      for (const w of ["waiting", "unsynced", "leads", "stands"] as const) end(node, w, i);
      for (const [key, f] of files) if (key.startsWith(node + " ")) { f.asked.clear(); if (losesPower(r, i)) f.size = f.durable; }
      unsynced[node] = 0; asking.delete(node);
      begin(node, "down", i, r.str(r.text[i]));
    } else if (kind === INVOKE) {
      clients.add(node);
      const o = { node, from: i, to: r.n, text: [r.str(r.name[i]), r.str(r.text[i])].filter(Boolean).join(" "), answer: "" };
      operations.push(o); asking.set(node, o); end(node, "waiting", i); begin(node, "waiting", i, o.text);
    } else if (kind === RETURN) {
      clients.add(node);
      const o = asking.get(node);
      if (o) { o.to = i; o.answer = r.str(r.text[i]) || r.str(r.name[i]); asking.delete(node); }
      end(node, "waiting", i);
    } else if (kind === WRITE || kind === SYNC || kind === SYNCED) {
      const key = node + " " + r.str(r.file[i]);
      let f = files.get(key);
      if (!f) files.set(key, f = { size: 0, durable: 0, asked: new Map() });
      const before = f.size > f.durable;
      if (kind === WRITE) f.size = Math.max(f.size, r.off[i] + r.len[i]);
      else if (kind === SYNC) f.asked.set(r.str(r.name[i]), f.size);
      else if (!r.text[i]) { f.durable = Math.max(f.durable, f.asked.get(r.str(r.name[i])) ?? f.durable); f.asked.delete(r.str(r.name[i])); }
      const now = f.size > f.durable;
      if (now !== before) {
        unsynced[node] += now ? 1 : -1;
        if (unsynced[node] > 0 && !r.head.partial) begin(node, "unsynced", i, "bytes that are not durable"); else end(node, "unsynced", i);
      }
    } else if (kind === ON) {
      const name = r.str(r.name[i]), text = r.str(r.text[i]);
      const nodes = mentioned(`${text} ${name} ${r.machine(node)}`), groups = `${name} ${text}`.split("|");
      const f: Force = { name, text, kind: faultKind(name), from: i, to: r.n, nodes, effects: -1,
        sides: groups.length > 1 ? groups.map(mentioned).filter((g) => g.length) : [] };
      if (f.kind === "pause") for (const x of nodes) begin(x, "paused", i, name);
      faults.push(f);
    } else if (kind === OFF) {
      const name = r.str(r.name[i]);
      const f = faults.find((x) => x.to === r.n && x.name === name);
      if (f) { f.to = i; f.effects = r.len[i]; if (f.kind === "pause") for (const x of f.nodes) end(x, "paused", i); }
    }
  }
  const order = r.head.nodes.map((_, i) => i + 1).sort((a, b) =>
    Number(clients.has(a)) - Number(clients.has(b)) ||
    byName(r.machine(a), r.machine(b)));
  return { of, faults, clients, order, operations };
}
