// Where the reader is, as the fragment of the page's address: a link opens at the same place.
import type { View } from "./rows";

export interface Place { view?: View; event?: string; query?: string; tab?: string; hide?: string[]; zoom?: [number, number]; order?: boolean; pins?: string[]; lanes?: string[][];
  compared?: boolean; // beside another run
  of?: string;        // the run that the place is in: its scenario and its seed
  trace?: string;     // the trace itself, see share.ts
}

/** Names a run in a link: with the number of an event it is a moment that can be found again. */
export const named = (scenario: string, seed: string) => scenario && `${scenario}@${seed}`;

export function readPlace(hash: string): Place {
  const q = new URLSearchParams(hash.replace(/^#/, "")), place: Place = {};
  const view = q.get("v");
  if (view === "full" || view === "causal" || view === "minimal") place.view = view;
  if (q.get("e")) place.event = q.get("e")!;
  if (q.get("q")) place.query = q.get("q")!;
  if (q.get("tab")) place.tab = q.get("tab")!;
  if (q.get("hide")) place.hide = q.get("hide")!.split(",");
  if (q.get("lanes")) place.lanes = q.get("lanes")!.split(",").map((l) => l.split("+"));
  if (q.get("pin")) place.pins = q.get("pin")!.split(",");
  const z = (q.get("z") ?? "").split("-").map(Number);
  if (z.length === 2 && z.every(Number.isFinite) && z[1] > z[0]) place.zoom = [z[0], z[1]];
  if (q.get("x") === "order") place.order = true;
  if (q.get("d") === "1") place.compared = true;
  if (q.get("of")) place.of = q.get("of")!;
  if (q.get("trace")) place.trace = q.get("trace")!;
  return place;
}

export function writePlace(p: Place): string {
  const q = new URLSearchParams();
  if (p.of) q.set("of", p.of);
  if (p.view) q.set("v", p.view);
  if (p.event) q.set("e", p.event);
  if (p.query) q.set("q", p.query);
  if (p.tab && p.tab !== "event") q.set("tab", p.tab);
  if (p.hide?.length) q.set("hide", p.hide.join(","));
  if (p.lanes?.length) q.set("lanes", p.lanes.map((l) => l.join("+")).join(","));
  if (p.pins?.length) q.set("pin", p.pins.join(","));
  if (p.zoom) q.set("z", p.zoom.map(Math.round).join("-"));
  if (p.order) q.set("x", "order");
  if (p.compared) q.set("d", "1");
  if (p.trace) q.set("trace", p.trace); // behind all the rest, which can be read
  return "#" + q.toString();
}
