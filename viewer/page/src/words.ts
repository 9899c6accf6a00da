// What happened, in words: for rows, for the inspector, for the reader of the screen and for search.
import type { Run } from "./run";

/** What a message is called: by its protocol, else by its kind, else by its size. */
export function called(r: Run, i: number): string {
  return r.str(r.msg[i]) || r.str(r.name[i]) || `${r.len[i]} B`;
}

const join = (...parts: string[]) => parts.filter(Boolean).join(" ");

/** The sentence about an event, without its time. */
export function sentence(r: Run, i: number): string {
  const who = r.machine(r.node[i]) || "somebody", peer = r.machine(r.peer[i]) || "somebody";
  const name = r.str(r.name[i]), text = r.str(r.text[i]), file = r.str(r.file[i]) || "its disk";
  const more = text ? ": " + text : "";
  switch (r.kindOf(i)) {
    case "boot": return who + (r.inc[i] > 1 ? ` restarts (incarnation ${r.inc[i]})` : " boots") + more;
    case "deliver": case "received": return `${who} gets ${called(r, i)} from ${peer}`;
    case "posted": return `${who} takes up ${called(r, i)}` + (text ? ` (${text})` : "");
    case "send": return `${who} sends ${called(r, i)} to ${peer}` + more;
    case "drop": return `${called(r, i)} from ${peer} to ${who} is lost` + (text === "lost" ? "" : more);
    case "fire": return `${who}: timer ${join(name, text)} fires`;
    case "timer-set": return `${who} sets timer ${name} for ${span(r.len[i])}`;
    case "timer-stop": return `${who} stops timer ${name}`;
    case "write": return `${who} writes ${r.len[i]} B to ${file} at ${r.off[i]}` + more;
    case "bytes-lost": return `${who} loses ${bytes(r.len[i])} of ${file}, from ${count(r.off[i])} on`;
    case "torn": return `${who}: ${torn(r, i)}`;
    case "sync": return `${who} asks for a sync of ${file}`;
    case "synced": return text ? `${who}: the sync of ${file} fails: ${text}` : `${who}: ${file} is synced`;
    case "opened": return `${who}: connection with ${peer} stands`;
    case "closed": return `${who}: connection with ${peer} has ended` + more;
    case "crash": return `${who} crashes` + more;
    case "fault-on": return "fault begins: " + join(name, text && `(${text})`);
    case "fault-off": return "fault ends: " + name + bitten(r.len[i]);
    case "note": return `${who}: ` + (join(name, text) || "its state changes");
    case "invoke": return `${who} asks: ` + join(name, text);
    case "return": return `${who} is answered: ` + join(name, text);
    case "violation": return `VIOLATION of ${name || "a property"}` + more;
    case "script": return "script: " + (join(name, text, r.machine(r.node[i])) || "a step");
  }
  return join(who + ":", r.kindOf(i), name, text);
}

const torn = (r: Run, i: number) => `${plural(r.len[i], "sector")} of ${r.str(r.file[i]) || "its disk"} ${r.len[i] === 1 ? "is" : "are"} torn`;

function bitten(n: number): string {
  return n === 0 ? "; it never bit" : n === 1 ? "; it bit once" : `; it bit ${count(n)} times`;
}

/** An effect as it stands behind what it happened in: without the machine, which is said already. */
export function effect(r: Run, i: number): string {
  const text = r.str(r.text[i]), name = r.str(r.name[i]);
  switch (r.kindOf(i)) {
    case "note": return join(name, text);
    case "write": return `writes ${bytes(r.len[i])}`;
    case "sync": return "";
    case "send": return "";
    case "invoke": return "asks " + join(name, text);
    case "return": return "is answered " + join(name, text);
    case "crash": return "crashes: " + text;
    case "bytes-lost": return `loses ${bytes(r.len[i])} of ${r.str(r.file[i]) || "its disk"}`;
    case "torn": return torn(r, i);
  }
  return sentence(r, i);
}

/** The order of names: n2 stands before n10. A collator knows it too, but takes longer to start than all the rest of a small page. */
export function byName(a: string, b: string): number {
  const x = a.split(/(\d+)/), y = b.split(/(\d+)/); // text and numbers by turns
  for (let i = 0; i < x.length && i < y.length; i++) {
    const differ = i % 2 ? Number(x[i]) - Number(y[i]) : 0;
    if (differ) return differ;
    if (x[i] !== y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return x.length - y.length;
}

/** A number with its thousands apart. Intl would do it too, but takes ten microseconds, and there are many numbers. */
export const count = (n: number) => n > -1000 && n < 1000 ? String(n) : String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
export const plural = (n: number, what: string) => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

export function bytes(n: number): string {
  if (n < 10_000) return `${count(n)} B`;
  return n < 10_000_000 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1048576).toFixed(1)} MiB`;
}

/** Virtual time in milliseconds: cut and not rounded, so that order is kept. */
export function ms(ns: number, digits = 3): string {
  const f = 10 ** digits, v = Math.floor(Math.abs(ns) / (1e6 / f)), whole = Math.floor(v / f);
  return (ns < 0 ? "-" : "") + count(whole) + (digits ? "." + String(v - whole * f).padStart(digits, "0") : "");
}

/** A time in the unit that suits it. */
export function span(ns: number): string {
  if (ns >= 1e9) return `${(ns / 1e9).toFixed(ns >= 1e10 ? 1 : 3)} s`;
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(ns >= 1e8 ? 0 : 2)} ms`;
  return ns >= 1e3 ? `${(ns / 1e3).toFixed(1)} µs` : `${Math.round(ns)} ns`;
}

/** Remembers what a function of a name says: there are few names and many events. */
function remembered<T>(f: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    let v = known.get(name);
    if (v === undefined) known.set(name, v = f(name));
    return v;
  };
}

/** The family of a message: a request and its answer are of one, and have one colour. */
export const family = remembered((name) => /^(request|reply|response)\b/i.test(name) ? "client"
  : name.split(" ")[0].replace(/(_?(request|response|reply|ack|resp|req|nack|ed|ok))$/i, "").replace(/^(.*\d)[ab]$/i, "$1").toLowerCase());

/** What happens all the time and says nothing, by its name. */
export const isHeartbeat = remembered((name) => /heartbeat|keep-?alive|\btick\b|\bping\b/i.test(name));
