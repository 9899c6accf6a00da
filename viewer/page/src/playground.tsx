// The cluster, played by hand: what is under way, the machines, the history that branches.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";
import type { Machine, Play, View, Waiting } from "./engine";
import { Lanes } from "./lanes";
import type { Lesson } from "./lesson";
import { Tree } from "./tree";
import { ms } from "./words";

const slice = 50e6, late = 80; // ns that "run" lets pass; ms that "delay" adds

const between = (p: Waiting) => p.from !== undefined && p.from !== p.node;
const place = (p: Waiting) => between(p) ? `${p.what} by ${p.node} from ${p.from}` : `${p.what} of ${p.node}`;
const line = (verb: string, p: Waiting) => `${verb} ${place(p)} #${p.id}`;
/** A step as it is shown: without the identity of its event. */
export const spoken = (step: string) => step.replace(/ #[0-9a-f]{16}$/, "");

export function Playground({ lesson, play }: { lesson: Lesson; play: Play }): JSX.Element {
  const [variant, setVariant] = useState(lesson.variants[0].name), [tree, setTree] = useState(Tree.start);
  const [chosen, setChosen] = useState<string>(), [said, setSaid] = useState("");
  const view = useMemo(() => play({ lesson: lesson.number, variant, seed: lesson.seed, steps: tree.path() }), [variant, tree]);
  const over = view.verdict === "violated";
  const take = (...steps: string[]) => {
    let next = tree, why = "";
    for (const s of steps) {
      const reply = play({ lesson: lesson.number, variant, seed: lesson.seed, steps: [...next.path(), s] });
      if (reply.error) { why = reply.error; break; }
      next = next.take(s);
      if (reply.verdict === "violated") break;
    }
    setTree(next); setSaid(why); setChosen(undefined);
  };
  const demo = () => {
    let next = tree.go(0), left = 0;
    for (const s of lesson.demo) {
      const reply = play({ lesson: lesson.number, variant, seed: lesson.seed, steps: [...next.path(), s] });
      if (reply.error) left++; else next = next.take(s);
      if (reply.verdict === "violated") break;
    }
    setTree(next); setSaid(left ? `${left} of ${lesson.demo.length} steps are not possible with this variant, and were left out.` : "");
  };
  const go = (to: Tree) => { setTree(to); setSaid(""); setChosen(undefined); };
  const run = () => take(`until ${Math.floor((view.now + slice) / 1e6)}ms`);
  const keys = useRef<Record<string, () => void>>({});
  keys.current = { n: () => over || take("next"), r: () => over || run(), b: () => go(tree.back()), f: () => go(tree.forth()), p: demo };
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || (e.target as HTMLElement).closest("input:not([type=radio]),select,textarea")) return; // a radio button has no use for letters
      keys.current[e.key]?.();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  useEffect(() => { (globalThis as { orreryView?: View }).orreryView = view; }, [view]);
  const about = lesson.variants.find((v) => v.name === variant)!.about;
  return <section class="playground" aria-label="The cluster, played by hand">
    <div class="bar">
      <label>Variant <select value={variant} onChange={(e) => { setVariant((e.target as HTMLSelectElement).value); go(Tree.start); }}>
        {lesson.variants.map((v) => <option value={v.name}>{v.name}</option>)}</select></label>
      <button onClick={() => take("next")} disabled={over} aria-keyshortcuts="n">Next <kbd>n</kbd></button>
      <button onClick={run} disabled={over} aria-keyshortcuts="r">Run 50 ms <kbd>r</kbd></button>
      <button onClick={demo} aria-keyshortcuts="p">Play the story <kbd>p</kbd></button>
      <button onClick={() => go(tree.back())} disabled={tree.at === 0} aria-keyshortcuts="b">Back <kbd>b</kbd></button>
      <button onClick={() => go(tree.forth())} aria-keyshortcuts="f">Forth <kbd>f</kbd></button>
      <button onClick={() => go(tree.go(0))} disabled={tree.at === 0}>To the start</button>
      <button onClick={() => save(lesson, variant, tree.path(), view)}>Save as plan</button>
    </div>
    <p class="variant">{about}</p>
    <p class={"verdict-line" + (over ? " bad" : "")} role="status">
      <b>{over ? "VIOLATED " + view.property : "Holds so far"}</b> at {ms(view.now)} ms{view.detail ? ": " + view.detail : ""}
      {said && <span class="said-why"> · {said}</span>}</p>
    <div class="board">
      <Lanes view={view} chosen={chosen} />
      <div class="side">
        <UnderWay view={view} over={over} take={take} choose={setChosen} />
        <Machines view={view} over={over} take={take} />
        <Branches tree={tree} go={(id) => go(tree.go(id))} />
      </div>
    </div>
  </section>;
}

function UnderWay({ view, over, take, choose }: { view: View; over: boolean; take: (s: string) => void; choose: (id?: string) => void }): JSX.Element {
  const list = view.pending;
  return <section aria-labelledby="under-way"><h2 id="under-way">Under way <small>{list.length}</small></h2>
    {list.length === 0 && <p class="nothing">Nothing is left that could happen by itself.</p>}
    <ul class="pending">{list.map((p) => <li key={p.id} onMouseEnter={() => choose(p.id)} onMouseLeave={() => choose(undefined)}>
      <span class="what"><b>{p.what}</b> {between(p) ? <>from <b>{p.from}</b> to <b>{p.node}</b></> : <>of <b>{p.node}</b></>} <small>due {ms(p.due)} ms</small></span>
      <span class="does" role="group" aria-label={place(p)}>
        <button disabled={over} onFocus={() => choose(p.id)} onClick={() => take(line("take", p))}>{p.message || p.frame ? "Deliver" : "Let happen"}</button>
        {p.message && <button disabled={over} onClick={() => take(line("lose", p))}>Drop</button>}
        {p.message && <button disabled={over} onClick={() => take(line("double", p))}>Double</button>}
        {p.frame && <button disabled={over} title="What a connection carries comes once and in order, or the connection breaks" onClick={() => take(line("break", p))}>Break connection</button>}
        <button disabled={over} onClick={() => take(line(`delay ${late}ms`, p))}>Delay</button>
      </span></li>)}</ul>
  </section>;
}

function Machines({ view, over, take }: { view: View; over: boolean; take: (s: string) => void }): JSX.Element {
  const servers = view.machines.filter((m) => m.server);
  return <section aria-labelledby="machines"><h2 id="machines">Machines</h2>
    <ul class="machines">{view.machines.map((m) => <li key={m.id}>
      <div class="machine"><b>{m.id}</b> <small>{m.up ? m.paused ? "paused" : m.life > 1 ? `up, life ${m.life}` : "up" : "down"}{m.clock ? `, clock ${m.clock > 0 ? "+" : ""}${ms(m.clock)} ms` : ""}</small>
        <span class="does" role="group" aria-label={`machine ${m.id}`}>{controls(m).map(([name, step]) => <button disabled={over} onClick={() => take(step)}>{name}</button>)}</span></div>
      {m.state && <State json={m.state} />}</li>)}</ul>
    <div class="links" role="group" aria-label="Links">{view.machines.flatMap((a, i) => view.machines.slice(i + 1).map((b) => [a, b] as const))
      .filter(([a, b]) => a.server || b.server).filter(() => servers.length > 0).map(([a, b]) => {
        const [x, y] = [a.id, b.id].sort(), cut = view.cuts?.includes(`${x} ${y}`) ?? false;
        return <button aria-pressed={cut} disabled={over} onClick={() => take(`${cut ? "heal" : "cut"} ${x} ${y}`)}>{cut ? "heal" : "cut"} {x}–{y}</button>;
      })}</div>
  </section>;
}

function controls(m: Machine): [string, string][] {
  if (!m.server) return m.paused ? [["Resume", `resume ${m.id}`]] : [["Pause", `pause ${m.id}`]];
  if (!m.up) return [["Start", `start ${m.id}`]];
  return [["Crash", `crash ${m.id}`], ["Kill", `kill ${m.id}`], m.paused ? ["Resume", `resume ${m.id}`] : ["Pause", `pause ${m.id}`],
    ["Clock +200 ms", `skew ${m.id} 200ms`], ["Clock −200 ms", `skew ${m.id} -200ms`], ["Fail next sync", `fail-sync ${m.id}`]];
}

function State({ json }: { json: string }): JSX.Element {
  const fields = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return <dl class="state">{fields.map(([k, v]) => <div><dt>{k}</dt><dd>{typeof v === "string" ? v : JSON.stringify(v)}</dd></div>)}</dl>;
}

function Branches({ tree, go }: { tree: Tree; go: (id: number) => void }): JSX.Element {
  const path = new Set<number>();
  for (let n = tree.nodes[tree.at]; ; n = tree.nodes[n.parent]) { path.add(n.id); if (n.parent < 0) break; }
  return <section aria-labelledby="history"><h2 id="history">History <small>{tree.branches} {tree.branches === 1 ? "branch" : "branches"}</small></h2>
    <ol class="steps">{tree.listed().map(({ node, depth }) => <li style={{ paddingLeft: `${depth * 16}px` }}>
      <button class={path.has(node.id) ? "past" : ""} aria-current={node.id === tree.at ? "step" : undefined} onClick={() => go(node.id)}>
        {depth > 0 ? "└ " : ""}{node.id === 0 ? "the start" : spoken(node.step)}</button></li>)}</ol>
  </section>;
}

/** The plan as `orrery replay` and lessontest.Replay read it: see lessons/stage/file.go. */
function save(lesson: Lesson, variant: string, steps: string[], view: View) {
  const expect = view.property ? { verdict: view.verdict, property: view.property, hash: view.hash } : { verdict: view.verdict, hash: view.hash };
  const plan = { orrery: "steps", version: 1, lesson: lesson.number, variant, seed: lesson.seed, steps, expect };
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([JSON.stringify(plan, null, 2) + "\n"], { type: "application/json" }));
  a.download = `lesson-${lesson.number}-${variant}.json`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}
