// The inspector: what is known of the event that is selected, with links to what it came of and what came
// of it, what it changed in its machine, and how its disk stood.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Run } from "./run";
import { difference, disk, type Change, type States } from "./states";
import { bytes, count, ms, sentence, span } from "./words";

interface Props {
  run: Run; states: States; selected: number; select: (event: number) => void;
  pins: Set<string>; pin: (path: string) => void;
}

export function Inspector(p: Props): JSX.Element {
  const { run, selected: i } = p;
  if (i < 0) return <p class="muted">Select an event: click a row, or press <kbd>j</kbd>.</p>;
  const cause = run.cause[i] && run.cause[i] !== run.seq[i] ? run.first(run.cause[i]) : -1;
  const inside: number[] = [];
  for (let e = run.first(run.seq[i]); e >= 0 && e < run.n && run.seq[e] === run.seq[i]; e++) if (e !== i && !(run.kindOf(e) === "note" && !run.text[e] && !run.name[e])) inside.push(e);
  const after = run.after(run.seq[i]).filter((e) => e !== i);
  const drift = run.local[i] - run.at[i];
  return <div>
    <h2>{sentence(run, i)}</h2>
    <table><tbody>
      <Field name="event">#{count(run.seq[i])}{run.sub[i] ? `.${run.sub[i]}` : ""} · {run.kindOf(i)}</Field>
      <Field name="time">{ms(run.at[i], 6)} ms{Math.abs(drift) > 1 && run.node[i] ? <span class="muted"> · its own clock is {span(Math.abs(drift))} {drift > 0 ? "ahead" : "behind"}</span> : null}</Field>
      {run.inc[i] > 0 && <Field name="incarnation">{run.inc[i]}</Field>}
      {run.kindOf(i) === "timer-set" ? <Field name="due">{span(run.len[i])} later, by its own clock</Field> : run.kindOf(i) === "torn" ? <Field name="sectors">{count(run.len[i])} of {run.str(run.file[i])}</Field>
        : run.len[i] > 0 && <Field name={run.kindOf(i) === "bytes-lost" || run.kindOf(i) === "crash" ? "bytes lost" : run.kindOf(i) === "fault-off" ? "bit" : "bytes"}>{count(run.len[i])}{run.file[i] ? ` at ${count(run.off[i])} of ${run.str(run.file[i])}` : ""}</Field>}
    </tbody></table>
    {run.cause[i] > 0 && run.cause[i] !== run.seq[i] && <><h3>Because of</h3>
      {cause >= 0 ? <p><Link {...p} to={cause} /></p> : <p class="muted">event #{run.cause[i]}, which is not in this page</p>}</>}
    {inside.length > 0 && <><h3>In the same step</h3><ul>{inside.slice(0, 40).map((e) => <li><Link {...p} to={e} /></li>)}</ul></>}
    {after.length > 0 && <><h3>What came of it</h3><ul>{after.slice(0, 24).map((e) => <li><Link {...p} to={e} /></li>)}
      {after.length > 24 && <li class="muted">and {count(after.length - 24)} more</li>}</ul></>}
    {run.node[i] > 0 && <Machine {...p} />}
  </div>;
}

function Field({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return <tr><th scope="row">{name}</th><td>{children}</td></tr>;
}

function Link({ run, to, select }: Props & { to: number }) {
  return <button class="link" onClick={() => select(to)}>{sentence(run, to)} <span class="muted">{ms(run.at[to], 1)}</span></button>;
}

/** What the step changed in its machine: its state and its disk. */
function Machine({ run, states, selected: i, pins, pin }: Props) {
  const node = run.node[i];
  const { after, diff } = useMemo(() => {
    let last = i;
    while (last + 1 < run.n && run.seq[last + 1] === run.seq[i]) last++;
    const before = states.at(node, run.first(run.seq[i]) - 1), after = states.at(node, last);
    return { after, diff: before.size ? difference(before, after) : [] };
  }, [run, states, i]);
  const files = useMemo(() => {
    let last = i;
    while (last + 1 < run.n && run.seq[last + 1] === run.seq[i]) last++;
    return disk(run, node, last);
  }, [run, i]);
  const changed = new Set(diff.map((c) => c.path));
  const pinned = [...pins].sort();
  return <>
    {states.any && <><h3>What it changed in {run.machine(node)}</h3>
      {diff.length ? <div class="diff">{diff.map((c) => <Difference c={c} on={pins.has(c.path)} pin={pin} />)}</div> : <p class="muted">nothing of its state</p>}</>}
    {pinned.length > 0 && <><h3>Pinned</h3><table><thead><tr><th scope="col">field</th><th scope="col">machine</th><th scope="col">value</th></tr></thead><tbody>
      {pinned.flatMap((path) => run.head.nodes.map((name, m) => ({ path, name, value: states.at(m + 1, i).get(path) })).filter((x) => x.value !== undefined)
        .map((x, y) => <tr><td>{y ? "" : <Pin path={path} on={true} pin={pin} />}{y ? "" : path}</td><td>{x.name}</td><td><code>{x.value}</code></td></tr>))}</tbody></table></>}
    {files.length > 0 && <><h3>Disk of {run.machine(node)}</h3>{files.map((f) => <div>
      <code>{f.name}</code>
      <div class="meter" role="img" aria-label={`${f.name}: ${bytes(f.durable)} of ${bytes(f.size)} are durable`}>
        <i style={{ width: `${f.size ? 100 * Math.min(1, f.durable / f.size) : 0}%` }} />{f.size > f.durable && <u />}</div>
      <span class="muted">{bytes(f.durable)} durable{f.size > f.durable ? <b> · {bytes(f.size - f.durable)} would be lost in a power cut</b> : ""}</span>
    </div>)}</>}
    {after.size > 0 && <details open={after.size <= 14}><summary><h3 style={{ display: "inline" }}>State after it</h3></summary>
      <table><tbody>{[...after].map(([path, value]) => <tr class={changed.has(path) ? "changed" : ""}>
        <th scope="row"><Pin path={path} on={pins.has(path)} pin={pin} />{path}</th><td><code>{value}</code></td></tr>)}</tbody></table></details>}
  </>;
}

function Difference({ c, on, pin }: { c: Change; on: boolean; pin: (path: string) => void }) {
  return <div><Pin path={c.path} on={on} pin={pin} /><span class="path">{c.path}</span>{c.before && <del>{c.before}</del>}{c.after && <ins>{c.after}</ins>}</div>;
}

function Pin({ path, on, pin }: { path: string; on: boolean; pin: (path: string) => void }) {
  return <button class="pin" aria-pressed={on} aria-label={`${on ? "Unpin" : "Pin"} ${path}`} title={`Watch ${path} on all machines`} onClick={() => pin(path)}>{on ? "★" : "☆"}</button>;
}
