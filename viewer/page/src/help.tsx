import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Glyph, legend } from "./glyph";

const keys: [string, string][] = [
  ["j k", "next, previous row"], ["J K", "next, previous on the same machine"], ["c e", "the cause; what came of it"],
  ["[ ]", "where the message was sent; where it arrives"], ["f", "the violation"], ["b", "where the curve jumps"],
  ["1 2 3", "minimal, causal, all"], ["/", "search"], ["n N", "next, previous hit, or place where a motif occurs"], ["m M", "adds the event to the motif; takes the last step from it"], ["h H", "hide the machine; show all"],
  ["< >", "its lane goes left, right; or drag its name"], ["g G", "group its lane with the one at its left, or take it out; lanes as they were"],
  ["+ - 0", "zoom the overview; all of it"], ["← →", "move the overview"], ["t", "by time, or by order"], ["o", "the overview, large or small"], ["d", "beside the nearest run that passes, if the page has it, else beside the minimal trace; and back"], ["x X", "there: the next, the previous difference"], ["l L", "copy the link to this place; a link that has the minimal trace in it"], ["r", "copy the replay command"], ["?", "this help"],
];

const queries: [string, string][] = [
  ["accept n2", "both words"], ["kind:drop node:n2 t>1.2s", "fields: kind, node, peer, name, file, seq; t, len, off, inc with < and >"], ["after:crash(n2)", "what comes after the first such event"],
  ["A before B within 5ms", "pairs in this order"], ["crash n2 > P1b n2 > accepted", "a motif: each the nearest after the one before; “then” is the same as “>”"],
  ["write n2 => accepted", "the second later, and at the end of a chain of messages that begins with the first"], ["write n2 > !synced n2 > crash n2", "none of that between"],
  ["P1a > P1b within 5ms", "a motif, all of it in that time"], ["only:a", "of two runs that are compared: what only the first has; only:b, the second"],
];

export function Help({ close }: { close: () => void }): JSX.Element {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => { first.current!.focus(); }, []);
  return <div class="help" onClick={close} onKeyDown={(e) => { if (e.key === "Escape") close(); if (e.key === "Tab") e.preventDefault(); e.stopPropagation(); }}>
    <div role="dialog" aria-modal="true" aria-label="Keys and marks" onClick={(e) => e.stopPropagation()}>
      <div class="two">
        <div><h2>Keys</h2><dl>{keys.map(([k, what]) => <><dt>{k.split(" ").map((x) => <><kbd>{x}</kbd> </>)}</dt><dd>{what}</dd></>)}</dl></div>
        <div><h2>Marks</h2><dl>{legend.map(([k, what]) => <><dt><svg width="22" height="20" aria-hidden="true"><Glyph kind={k} x={11} y={10} /></svg></dt><dd>{what}</dd></>)}</dl>
          <p class="muted">Lines: dashed red, a machine is down; dotted, it is paused; tinted broadly, it leads, and more faintly, it stands for election; a blue bar, a client waits; a purple rail, bytes that are not durable; a dotted line beside the lane, a timer from where it was set. An arrow with a ring was overtaken, ×2 is a second copy.</p></div>
      </div>
      <h2>Search</h2><dl>{queries.map(([q, what]) => <><dt><code>{q}</code></dt><dd>{what}</dd></>)}</dl>
      <p><button ref={first} onClick={close}>Close</button></p>
    </div>
  </div>;
}
