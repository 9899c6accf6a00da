// A minimal trace that lies whole in a link: in the form of viewer/encode.go, deflated, in base64 for addresses. Whatever page
// of Orrery is opened with it shows that trace and not its own. Machines' states stay behind: they are most of a trace.
import { deflated, inMinimal, readRun, type Header, type Run } from "./run";
import { count, plural } from "./words";

/** What a link carries at most: events, and characters. Longer ones are cut off by what people paste them into. */
export const mostEvents = 200, mostLetters = 8192;

/** Why a trace that came with a link cannot be shown. */
export const damaged = "the trace in the link is damaged or cut off";

/** The minimal trace of a run, for a link. It throws an Error that says in words why there is none. */
export async function pack(run: Run): Promise<string> {
  const kept: number[] = [];
  for (let i = 0; i < run.n && kept.length <= mostEvents; i++) if (run.set[i] & inMinimal) kept.push(i);
  if (!kept.length) throw new Error("This run has no minimal trace");
  if (kept.length > mostEvents) throw new Error(`The minimal trace has more than ${mostEvents} events, too many for a link: send the page`);
  const text = base64url(await deflated(laid(run, kept)));
  if (text.length > mostLetters) throw new Error(`The minimal trace would be ${count(text.length)} characters long, too many for a link: send the page`);
  return text;
}

/** The events as bytes: length of the header, header, columns. */
function laid(run: Run, kept: number[]): Uint8Array {
  const strings: string[] = [], known = new Map<number, number>([[0, 0]]);
  const text = (s: number) => {
    let n = known.get(s);
    if (n === undefined) known.set(s, n = strings.push(run.str(s)));
    return n;
  };
  const drift = new Map<number, number>();
  const off = (i: number) => { // how far the clock of its machine went off since its last event
    const d = run.local[i] - run.at[i], before = drift.get(run.node[i]) ?? 0;
    drift.set(run.node[i], d);
    return d - before;
  };
  const step = (of: ArrayLike<number>) => (i: number, before: number) => of[i] - (before < 0 ? 0 : of[before]);
  const plain = (of: ArrayLike<number>) => (i: number) => of[i], worded = (of: ArrayLike<number>) => (i: number) => text(of[i]);
  const fields: Record<string, (i: number, before: number) => number> = {
    seq: step(run.seq), sub: plain(run.sub), at: step(run.at), local: off, cause: (i) => run.cause[i] ? run.seq[i] - run.cause[i] + 1 : 0,
    kind: plain(run.kind), node: plain(run.node), peer: plain(run.peer), inc: plain(run.inc), name: worded(run.name), text: worded(run.text),
    msg: worded(run.msg), file: worded(run.file), off: plain(run.off), len: plain(run.len), set: plain(run.set),
  };
  const columns: string[] = [], bytes: number[] = [];
  for (const [name, of] of Object.entries(fields)) {
    const values = kept.map((i, k) => of(i, k ? kept[k - 1] : -1));
    if (values.some((v) => v !== 0)) { columns.push(name); for (const v of values) varint(bytes, v); }
  }
  const { v, title, scenario, seed, hash, verdict, property, sentence, kinds, nodes, sides, total } = run.head;
  const left = total > kept.length ? `, the minimal ones of ${count(total)}` : "";
  const head: Header = { v, title, scenario, seed, hash, verdict, property, sentence, kinds, nodes, sides, strings, columns, partial: true, events: kept.length, total: kept.length,
    warnings: [`This trace came with its link: ${plural(kept.length, "event")}${left}. The machines' states and disks are not with it.`] };
  const json = new TextEncoder().encode(JSON.stringify(head)), whole = new Uint8Array(4 + json.length + bytes.length);
  new DataView(whole.buffer).setUint32(0, json.length, true);
  whole.set(json, 4);
  whole.set(bytes, 4 + json.length);
  return whole;
}

/** Adds a number as a zigzag varint. It may be longer than the 32 bits that operators know. */
function varint(into: number[], v: number) {
  let z = v < 0 ? -2 * v - 1 : 2 * v;
  for (; z >= 128; z = Math.floor(z / 128)) into.push(z % 128 + 128);
  into.push(z);
}

const base64url = (bytes: Uint8Array) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Reads what pack wrote. It throws an Error that says in words why it cannot. */
export async function unpack(text: string): Promise<Run> {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  let run: Run;
  try {
    run = await readRun(base64 + "=".repeat((4 - base64.length % 4) % 4), mostEvents);
  } catch (err) {
    if (err instanceof Error && /reads form/.test(err.message)) throw err;
    throw new Error(damaged);
  }
  const { kinds, nodes, strings } = run.head, within = (of: ArrayLike<number>, list: unknown[]) => Array.prototype.every.call(of, (x: number) => x <= list.length);
  const whole = run.n > 0 && run.kind.every((k) => k < kinds.length) && [run.node, run.peer].every((of) => within(of, nodes))
    && [run.name, run.text, run.msg, run.file, run.state].every((of) => within(of, strings));
  if (!whole) throw new Error(damaged);
  run.head.replay = undefined; // nobody should paste into a terminal what a stranger put into a link
  return run;
}
