// The marks: every kind has a shape of its own, so that colour is never the only sign.
import type { JSX } from "preact";

/** The hues of message families, chosen to stay apart for the colour-blind (after Okabe and Ito). */
export const hues = ["var(--hue0)", "var(--hue1)", "var(--hue2)", "var(--hue3)", "var(--hue4)", "var(--hue5)"];

const given = new Map<string, string>();

/** The hue of a family: the first six that appear are distinct. */
export function hue(family: string): string {
  let h = given.get(family);
  if (!h) given.set(family, h = hues[given.size % hues.length]);
  return h;
}

export const legend: [string, string][] = [
  ["boot", "machine boots or restarts"], ["crash", "machine crashes"], ["deliver", "message arrives"],
  ["drop", "message is lost"], ["timer-set", "timer is set"], ["fire", "timer fires"], ["timer-stop", "timer is stopped"],
  ["write", "written, not durable"], ["synced", "durable"], ["sync-failed", "a sync has failed"], ["bytes-lost", "a crash took bytes that were not durable"], ["torn", "a crash tore sectors: neither old nor new"],
  ["note", "what a machine says"], ["invoke", "client asks"], ["return", "client is answered"],
  ["fault-on", "fault begins or ends"], ["violation", "property violated"],
];

export function Glyph({ kind, x, y, colour }: { kind: string; x: number; y: number; colour?: string }): JSX.Element {
  const at = `translate(${x} ${y})`;
  switch (kind) {
    case "boot": return <path transform={at} class="g boot" d="M0-7L7 6H-7Z" />;
    case "crash": return <path transform={at} class="g crash" d="M0 7L7-6H-7Z" />;
    case "deliver": case "received": return <circle transform={at} class="g deliver" r="5" style={{ fill: colour }} />;
    case "drop": return <path transform={at} class="g drop" d="M-5-5L5 5M5-5L-5 5" />;
    case "fire": return <g transform={at} class="g fire"><circle r="6" /><path d="M0-3.500V0L3 2" /></g>;
    case "timer-set": return <g transform={at} class="g clock"><circle r="6" /><path d="M0-3.500V0L3 2" /></g>;
    case "timer-stop": return <g transform={at} class="g clock"><circle r="6" /><path class="strike" d="M-7 7L7-7" /></g>;
    case "bytes-lost": return <g transform={at} class="g gone"><circle r="6" /><path d="M-4.200 4.200L4.200-4.200" /></g>;
    case "torn": return <g transform={at} class="g gone"><rect x="-6" y="-6" width="12" height="12" /><path class="half" d="M-6-6H1L-2-2L2 2L-1 6H-6Z" /></g>;
    case "write": return <rect transform={at} class="g write" x="-5" y="-5" width="10" height="10" />;
    case "synced": return <rect transform={at} class="g synced" x="-5" y="-5" width="10" height="10" />;
    case "sync-failed": return <g transform={at} class="g sync-failed"><rect x="-6" y="-6" width="12" height="12" /><path d="M0-4V1M0 3V4" /></g>;
    case "note": return <path transform={at} class="g note" d="M-4 7V-6H6L3-2.500L6 1H-4" />;
    case "invoke": return <path transform={at} class="g invoke" d="M-6-5H6L0 5Z" />;
    case "return": return <path transform={at} class="g return" d="M-6 5H6L0-5Z" />;
    case "fault-on": case "fault-off": return <path transform={at} class={"g " + kind} d="M2-8L-4 1H0L-2 8L4-1H0Z" />;
    case "violation": return <path transform={at} class="g violation" d="M-6-6L6 6M6-6L-6 6" />;
    case "opened": case "closed": return <path transform={at} class="g conn" d="M-6 0H6M-6-3V3M6-3V3" />;
  }
  return <path transform={at} class="g other" d="M0-6L6 0L0 6L-6 0Z" />;
}
