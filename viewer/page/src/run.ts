// A run as it lies in the page: see viewer/encode.go for the form.

export interface Operation { client: string; text: string; key?: string; status: string; core?: boolean }
export interface Fault { text: string; at: number; until?: number; outcome: string; why?: string; effects: number }
export interface Point { event: number; runs: number; violated: number }
export interface Jump { event: number; from: number; to: number }
export interface Mark { name: string; kind?: string; count: number; passed?: number }

export interface Header {
  v: number; title: string; scenario: string; seed: string; hash?: string; verdict?: string;
  property?: string; sentence?: string; replay?: string; by?: string; events: number; total: number;
  kinds: string[]; nodes: string[]; strings: string[]; columns: string[]; sides?: string[]; warnings?: string[]; partial?: boolean; // of a trace in a link: what is not told happened all the same
  operations?: Operation[]; why?: string; faults?: Fault[]; curve?: Point[]; noReturn?: number; jumps?: Jump[]; marks?: Mark[];
}

/** The form that this page reads: formVersion of viewer/encode.go. */
const formVersion = 1;

export const inCausal = 1, inMinimal = 2, onlyInA = 4, onlyInB = 8;

/** The events of a run, a typed array a field. Strings and machines are numbers; 0 is none. */
export class Run {
  readonly n: number;
  seq: Float64Array; sub: Int32Array; at: Float64Array; local: Float64Array; cause: Float64Array;
  kind: Uint8Array; node: Uint16Array; peer: Uint16Array; inc: Int32Array;
  name: Int32Array; text: Int32Array; msg: Int32Array; file: Int32Array; off: Float64Array; len: Float64Array;
  state: Int32Array; set: Uint8Array;
  private bySeq: Map<number, number> | undefined;
  private followers: Map<number, number[]> | undefined;
  private timers: Map<number, number> | undefined;

  constructor(readonly head: Header, columns: Map<string, Float64Array>) {
    const n = this.n = head.events;
    const get = (c: string) => columns.get(c) ?? new Float64Array(n);
    this.seq = running(get("seq")); this.at = running(get("at"));
    this.sub = Int32Array.from(get("sub")); this.kind = Uint8Array.from(get("kind"));
    this.node = Uint16Array.from(get("node")); this.peer = Uint16Array.from(get("peer"));
    this.inc = Int32Array.from(get("inc")); this.name = Int32Array.from(get("name"));
    this.text = Int32Array.from(get("text")); this.msg = Int32Array.from(get("msg"));
    this.file = Int32Array.from(get("file")); this.off = get("off"); this.len = get("len");
    this.state = Int32Array.from(get("state")); this.set = Uint8Array.from(get("set"));
    this.cause = get("cause");
    for (let i = 0; i < n; i++) if (this.cause[i]) this.cause[i] = this.seq[i] - this.cause[i] + 1;
    this.local = get("local");
    const drift = new Float64Array(head.nodes.length + 1);
    for (let i = 0; i < n; i++) {
      const d = drift[this.node[i]] += this.local[i];
      this.local[i] = this.at[i] + d;
    }
  }

  kindOf(i: number): string { return this.head.kinds[this.kind[i]] ?? "unknown"; }
  str(s: number): string { return s ? this.head.strings[s - 1] : ""; }
  machine(m: number): string { return m ? this.head.nodes[m - 1] : ""; }

  /** The first event of a number, or -1: it may have been left out. */
  first(seq: number): number {
    if (!this.bySeq) {
      this.bySeq = new Map();
      for (let i = this.n - 1; i >= 0; i--) this.bySeq.set(this.seq[i], i);
    }
    return this.bySeq.get(seq) ?? -1;
  }

  /** The events that follow from a number, its own effects left out. */
  after(seq: number): number[] {
    if (!this.followers) {
      this.followers = new Map();
      for (let i = 0; i < this.n; i++) {
        const c = this.cause[i];
        if (!c || c === this.seq[i]) continue;
        const list = this.followers.get(c);
        if (list) list.push(i); else this.followers.set(c, [i]);
      }
    }
    return this.followers.get(seq) ?? [];
  }

  /** Where the timer was set that an event fires or stops; -1 if that is not known. */
  timerSet(i: number): number {
    if (!this.timers) {
      this.timers = new Map();
      const running = Array.from({ length: this.head.nodes.length + 1 }, () => new Map<number, number>()); // of each machine, by name
      for (let e = 0; e < this.n; e++) {
        const kind = this.kindOf(e), of = running[this.node[e]], name = this.name[e];
        if (kind === "timer-set") of.set(name, e);
        else if (kind === "crash") of.clear();
        else if (kind === "fire" || kind === "timer-stop") {
          const set = of.get(name) ?? (kind === "fire" ? this.actOf(this.cause[e], this.node[e]) : -1); // a trace without states has but the cause
          if (set >= 0) this.timers.set(e, set);
          of.delete(name);
        }
      }
    }
    return this.timers.get(i) ?? -1;
  }

  /** The first thing that a machine did in a step, or -1. */
  actOf(seq: number, node: number): number {
    let e = seq ? this.first(seq) : -1;
    while (e >= 0 && e < this.n && this.seq[e] === seq && this.node[e] !== node) e++;
    return e >= 0 && this.seq[e] === seq ? e : -1;
  }

  /** The index of the first event at or after a time. */
  since(at: number): number {
    let lo = 0, hi = this.n;
    while (lo < hi) { const mid = (lo + hi) >> 1; if (this.at[mid] < at) lo = mid + 1; else hi = mid; }
    return lo;
  }

  get end(): number { return this.n ? this.at[this.n - 1] : 0; }

  /** Whether these are two runs beside each other. */
  get compared(): boolean { return this.head.verdict === "compared"; }

  /** The first violation, or -1. */
  get violation(): number { return this.kind.indexOf(this.head.kinds.indexOf("violation")); }
}

function running(d: Float64Array): Float64Array {
  let sum = 0;
  for (let i = 0; i < d.length; i++) d[i] = sum += d[i];
  return d;
}

function fromBase64(text: string): Uint8Array {
  const native = (Uint8Array as unknown as { fromBase64?: (s: string) => Uint8Array }).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** Unpacks without a Blob or a Response: these ask another process, and the first picture would wait for it. */
const inflate = (bytes: Uint8Array) => through(new DecompressionStream("deflate-raw"), bytes);

export const deflated = (bytes: Uint8Array) => through(new CompressionStream("deflate-raw"), bytes);

async function through(stream: DecompressionStream | CompressionStream, bytes: Uint8Array): Promise<Uint8Array> {
  const into = stream.writable.getWriter(), from = stream.readable.getReader();
  const wrong = (async () => { await into.write(bytes as Uint8Array<ArrayBuffer>); await into.close(); })().then(() => undefined, (err: unknown) => err);
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let next = await from.read(); !next.done; next = await from.read()) { parts.push(next.value); size += next.value.length; }
  const err = await wrong;
  if (err) throw err;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

/** Reads the run of a page, if it has not too many events. It throws an Error that says in words why it cannot. */
export async function readRun(base64: string, most = Infinity): Promise<Run> {
  const bytes = await inflate(fromBase64(base64));
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Header;
  if (head.v !== formVersion) throw new Error(`the run has form ${head.v}, and this page reads form ${formVersion}`);
  if (!(head.events <= most)) throw new Error(`the run has more than ${most} events`);
  const columns = new Map<string, Float64Array>();
  let p = 4 + length;
  for (const name of head.columns) {
    const c = new Float64Array(head.events);
    for (let i = 0; i < head.events; i++) {
      let low = 0, shift = 0, b = bytes[p++];
      while (b & 128 && shift < 21) { low |= (b & 127) << shift; shift += 7; b = bytes[p++]; }
      low |= (b & 127) << shift;
      if (!(b & 128)) { c[i] = (low >>> 1) ^ -(low & 1); continue; }
      let value = low, scale = 2 ** (shift + 7);
      while (b & 128) { b = bytes[p++]; value += (b & 127) * scale; scale *= 128; }
      c[i] = value % 2 ? -(value + 1) / 2 : value / 2;
    }
    columns.set(name, c);
  }
  if (p > bytes.length) throw new Error("the run is cut off");
  return new Run(head, columns);
}
