// How the lanes stand: from left to right, one machine or several that stand together.

/** The machines of each lane, in their order. */
export type Arrangement = readonly (readonly number[])[];

/** Every machine by itself. */
export const apart = (order: readonly number[]): Arrangement => order.map((n) => [n]);

/** What a link asks for, as far as these machines are there; the others follow, each by itself. */
export function asked(order: readonly number[], wanted: readonly (readonly number[])[]): Arrangement {
  const left = new Set(order), lanes: number[][] = [];
  for (const lane of wanted) {
    const there = lane.filter((n) => left.delete(n));
    if (there.length) lanes.push(there);
  }
  return [...lanes, ...apart(order.filter((n) => left.has(n)))];
}

export const laneOf = (lanes: Arrangement, node: number) => lanes.findIndex((l) => l.includes(node));

/** Lane from stands where the gap to is: 0 is before the first lane, lanes.length behind the last. */
export function placed(lanes: Arrangement, from: number, to: number): Arrangement {
  const rest = lanes.filter((_, i) => i !== from), at = to > from ? to - 1 : to;
  return [...rest.slice(0, at), lanes[from], ...rest.slice(at)];
}

/** Lane from and lane onto are one, where onto is. */
export function together(lanes: Arrangement, from: number, onto: number): Arrangement {
  if (from === onto) return lanes;
  return lanes.map((l, i) => i === onto ? [...l, ...lanes[from]] : l).filter((_, i) => i !== from);
}

/** The next lane in a direction of which something is shown, or -1. */
function next(lanes: Arrangement, at: number, by: -1 | 1, shown: (n: number) => boolean): number {
  for (let i = at + by; i >= 0 && i < lanes.length; i += by) if (lanes[i].some(shown)) return i;
  return -1;
}

/** Takes a machine out of its group, to the right of it; one that stands by itself joins the lane at its left, or at its right if it is the first. */
export function regrouped(lanes: Arrangement, node: number, shown: (n: number) => boolean): Arrangement {
  const at = laneOf(lanes, node);
  if (at < 0) return lanes;
  if (lanes[at].length > 1) return [...lanes.slice(0, at), lanes[at].filter((n) => n !== node), [node], ...lanes.slice(at + 1)];
  const left = next(lanes, at, -1, shown), onto = left >= 0 ? left : next(lanes, at, 1, shown);
  return onto < 0 ? lanes : together(lanes, at, onto);
}

/** The lane of a machine goes past its neighbour in a direction, if there is one. */
export function shoved(lanes: Arrangement, node: number, by: -1 | 1, shown: (n: number) => boolean): Arrangement {
  const at = laneOf(lanes, node), past = at < 0 ? -1 : next(lanes, at, by, shown);
  return past < 0 ? lanes : placed(lanes, at, by > 0 ? past + 1 : past);
}
