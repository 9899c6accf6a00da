// The tables beside the story: what the clients saw, what the faults did, which situations were reached.
import type { JSX } from "preact";
import type { Lives } from "./lives";
import type { Mark, Operation, Run } from "./run";
import { count, ms, plural, span } from "./words";

interface Props { run: Run; lives: Lives; select: (event: number) => void }

export interface Told extends Operation { from: number; to: number }

/** The operations, each with the events at which it began and ended: the n-th of a client is its n-th invoke. */
export function operationsOf(run: Run, lives: Lives): Told[] {
  const of = new Map<string, Lives["operations"]>();
  for (const o of lives.operations) {
    const name = run.machine(o.node);
    (of.get(name) ?? of.set(name, []).get(name)!).push(o);
  }
  if (!run.head.operations?.length) return lives.operations.map((o) => ({ client: run.machine(o.node), text: o.answer || o.text,
    status: o.to >= run.n ? "maybe" : /fail|error|refused/.test(o.answer) ? "fail" : "ok", from: o.from, to: o.to }));
  const next = new Map<string, number>();
  return run.head.operations.map((o) => {
    const n = next.get(o.client) ?? 0;
    next.set(o.client, n + 1);
    const known = of.get(o.client)?.[n];
    return { ...o, text: known?.answer || known?.text || o.text, from: known?.from ?? -1, to: known?.to ?? -1 };
  });
}

const sign: Record<string, string> = { ok: "✓", fail: "✕", refused: "✕", mismatch: "≠", maybe: "?" };

export function History({ run, select, operations }: Props & { operations: Told[] }): JSX.Element {
  const core = operations.filter((o) => o.core), v = run.head.verdict;
  const by = (s: string) => operations.filter((o) => o.status === s).length;
  if (!operations.length) return <p class="muted">No client asked anything.</p>;
  return <div class="ops">
    <h2>{core.length ? "These operations cannot be put in an order" : v === "violated" ? `Violated: ${run.head.property}` : "What the clients saw"}</h2>
    {run.head.why && <p class="why">{run.head.why}</p>}
    {core.length > 0 && <Gantt run={run} core={core} select={select} />}
    <p class="muted">{count(operations.length)} operations: {by("ok")} ok, {by("fail") + by("refused")} failed, {by("maybe")} without an answer, which may have happened or not.</p>
    <h3>All of them</h3>
    <ul>{operations.slice(0, 1000).map((o) => <li><button class={o.core ? "core" : o.status} disabled={o.from < 0} onClick={() => select(o.to >= 0 && o.to < run.n ? o.to : o.from)}>
      <span aria-hidden="true">{o.core ? "◆" : sign[o.status] ?? "·"}</span><span>{o.client}</span><span>{o.text}<span class="hidden"> {o.status}{o.core ? ", in the core" : ""}</span></span>
      <span class="muted">{o.from >= 0 ? ms(run.at[o.from], 1) : ""}</span></button></li>)}</ul>
    {operations.length > 1000 && <p class="muted">and {count(operations.length - 1000)} more</p>}
  </div>;
}

/** The operations that contradict each other, as bars from question to answer. */
function Gantt({ run, core, select }: { run: Run; core: Told[]; select: (e: number) => void }) {
  const told = core.filter((o) => o.from >= 0);
  if (!told.length) return null;
  const end = (o: Told) => o.to >= 0 && o.to < run.n ? run.at[o.to] : Math.max(...told.map((x) => run.at[Math.max(x.from, Math.min(x.to, run.n - 1))]));
  const from = Math.min(...told.map((o) => run.at[o.from])), to = Math.max(...told.map(end)), wide = 356;
  const X = (t: number) => (t - from) / Math.max(1, to - from) * (wide - 12) + 6;
  return <svg class="gantt" width={wide} height={told.length * 36 + 8} role="img" aria-label={`${told.length} operations over ${span(to - from)}`}>
    {told.map((o, y) => {
      const a = X(run.at[o.from]), b = Math.max(a + 5, X(end(o))), open = !(o.to >= 0 && o.to < run.n), late = a > wide / 2;
      return <g onClick={() => select(o.from)} style={{ cursor: "pointer" }}>
        <text x={late ? Math.min(wide - 4, b) : a} y={y * 36 + 13} text-anchor={late ? "end" : "start"}>{`${o.client} ${o.text}`.slice(0, 52)}</text>
        <rect x={a} y={y * 36 + 18} width={b - a} height="11" rx="3" fill="var(--badback)" stroke="var(--bad)" stroke-width="1.500" stroke-dasharray={open ? "3 3" : undefined} />
      </g>;
    })}
  </svg>;
}

export function Faults({ run, lives, select }: Props): JSX.Element {
  const plan = run.head.faults;
  if (!plan?.length && !lives.faults.length) return <p class="muted">No fault was asked for, and none happened.</p>;
  const struck = lives.faults.map((f) => ({ f, used: false }));
  const find = (text: string) => { const s = struck.find((x) => !x.used && (x.f.name === text || text.startsWith(x.f.name))); if (s) s.used = true; return s?.f; };
  return <div class="ops"><h2>What broke, and what it did</h2>
    <table class="faults"><thead><tr><th scope="col">fault</th><th scope="col">from – to, ms</th><th scope="col">did</th></tr></thead><tbody>
      {plan?.map((f) => {
        const on = find(f.text);
        return <tr><td>{on ? <button class="link" style={{ display: "inline" }} onClick={() => select(on.from)}>{f.text}</button> : f.text}{on?.text && <span class="muted"> {on.text}</span>}</td>
          <td>{ms(f.at, 0)} – {f.until ? ms(f.until, 0) : "end"}</td>
          <td>{f.effects ? <b>{count(f.effects)} ×</b> : <span class="muted">{f.outcome || "nothing"}</span>}{f.why && <span class="muted"> {f.why}</span>}</td></tr>;
      })}
      {struck.filter((s) => !s.used).map(({ f }) => <tr><td><button class="link" style={{ display: "inline" }} onClick={() => select(f.from)}>{f.name}</button> <span class="muted">{f.text}</span></td>
        <td>{ms(run.at[f.from], 0)} – {f.to < run.n ? ms(run.at[f.to], 0) : "end"}</td><td>{f.effects > 0 ? <b>{count(f.effects)} ×</b> : <span class="muted">{f.effects === 0 ? "nothing" : "still in force"}</span>}</td></tr>)}
    </tbody></table></div>;
}

export function Decided({ run, select }: Props): JSX.Element {
  const h = run.head;
  return <div class="ops"><h2>When it was decided</h2>
    {h.curve?.length ? <><p>The run was forked after each of these events and continued with fresh choices. This is how often the same property was violated then.</p>
      {h.noReturn ? <p class="why">After <button class="link" style={{ display: "inline" }} onClick={() => select(run.first(h.noReturn!))}>event #{h.noReturn}</button> there is no return: every continuation violates it.</p> : null}
      {(h.jumps ?? []).length > 0 && <><h3>Where it jumps</h3><ul>{h.jumps!.map((j) => <li><button class="link" style={{ display: "inline" }} onClick={() => select(run.first(j.event))}>event #{j.event}</button> from {j.from} % to {j.to} %</li>)}</ul></>}
      <h3>All points</h3><table><thead><tr><th scope="col">after event</th><th scope="col">violated</th></tr></thead><tbody>{h.curve.map((c) => <tr><td><button class="link" onClick={() => select(run.first(c.event))}>#{c.event}</button></td>
        <td>{c.violated} of {c.runs} <span class="muted">{c.runs ? Math.round(100 * c.violated / c.runs) : 0} %</span></td></tr>)}</tbody></table></>
      : <p class="muted">Nobody asked when it was decided. <code>orrery explain</code> does, and <code>orrery show --page OUT.html --curve</code> puts it into the page.</p>}
  </div>;
}

/** Which of the situations that the code marks the run reached, and which it came by and never did. */
export function Coverage({ run }: { run: Run }): JSX.Element {
  const all = run.head.marks ?? [], claims = (m: Mark) => m.kind === "always" || m.kind === "unreachable";
  const wanted = all.filter((m) => !claims(m)).toSorted((a, b) => Number(!!b.count) - Number(!!a.count)), claimed = all.filter(claims);
  if (!all.length) return <p class="muted">No mark was passed, or this page does not know of any: a trace has none, and a repro.json has those of its run.</p>;
  const table = (marks: Mark[], said: (m: Mark) => JSX.Element) => <table class="coverage"><thead><tr><th scope="col">mark</th><th scope="col">claims</th><th scope="col">this run</th></tr></thead>
    <tbody>{marks.map((m) => <tr><td>{m.name}</td><td class="muted">{m.kind || "sometimes"}</td><td>{said(m)}</td></tr>)}</tbody></table>;
  return <div class="ops"><h2>{count(wanted.filter((m) => m.count).length)} of {plural(wanted.length, "situation")} reached</h2>
    <p class="muted">By this run alone, of those that its code came by. <code>orrery run</code> over many seeds says which of them none reached.</p>
    {wanted.length > 0 && table(wanted, (m) => m.count ? <b>✓ {count(m.count)} ×</b> : <span>– never{m.passed ? <span class="muted"> in {count(m.passed)}</span> : null}</span>)}
    {claimed.length > 0 && <><h3>What must hold whenever it is passed, or must not be passed</h3>{table(claimed, (m) => {
      const bad = m.kind === "unreachable" ? m.passed ?? m.count : (m.passed ?? m.count) - m.count;
      return bad ? <b>✕ not {count(bad)} ×</b> : <span>✓ {count(m.count)} ×</span>;
    })}</>}</div>;
}
