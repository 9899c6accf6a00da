// The page: header, overview, story, panels, and the one selection that they share.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";
import { apart, asked, regrouped, shoved, type Arrangement } from "./arrange";
import { firstDifference, nextDifference } from "./compare";
import { Help } from "./help";
import { named, readPlace, writePlace, type Place } from "./link";
import { livesOf } from "./lives";
import { Overview, scaled, shifted, whole, type Zoom } from "./overview";
import { stepOf } from "./motif";
import { Inspector } from "./panel";
import { rowsOf, type Row, type View } from "./rows";
import { inCausal, inMinimal, type Run } from "./run";
import { search } from "./search";
import { pack } from "./share";
import { States } from "./states";
import { Story } from "./story";
import { Coverage, Decided, Faults, History, operationsOf } from "./tables";
import { count, plural, sentence, span } from "./words";

type Tab = "event" | "history" | "faults" | "decided" | "coverage";
const tabs: [Tab, string][] = [["event", "Event"], ["history", "History"], ["faults", "Faults"], ["decided", "Decided"], ["coverage", "Coverage"]];

function toggled<T>(set: Set<T>, x: T): Set<T> {
  const next = new Set(set);
  if (!next.delete(x)) next.add(x);
  return next;
}

interface Props {
  run: Run; complete: boolean;
  opens?: { event?: number; view?: View; say: string }; // elsewhere than the address says
  shared: string;                                       // the trace in the address; "" if the page has its own
  compare?: { on: boolean; with: string; shares: Run; toggle: (event: number) => Promise<void> };
}

/** The page; as long as it is not complete, only what is needed to begin to read. */
export function App({ run, complete, opens, shared, compare }: Props): JSX.Element {
  const place = useMemo<Place>(() => {
    const asked = readPlace(location.hash);
    return opens ? { ...asked, event: undefined, view: opens.view, zoom: undefined } : asked;
  }, []);
  const moment = named(run.head.scenario, run.head.seed);
  const lives = useMemo(() => livesOf(run), [run]);
  const states = useMemo(() => new States(run), [run]);
  const operations = useMemo(() => operationsOf(run, lives), [run, lives]);
  const sizes = useMemo(() => {
    let causal = 0, minimal = 0;
    for (let i = 0; i < run.n; i++) { if (run.set[i] & inCausal) causal++; if (run.set[i] & inMinimal) minimal++; }
    return { full: run.n, causal, minimal };
  }, [run]);
  const opensAt = run.compared ? firstDifference(run) : run.violation;
  const [view, setView] = useState<View>(place.view ?? (opensAt >= 0 ? "minimal" : "full"));
  const [selected, setSelected] = useState(() => {
    if (opens?.event !== undefined) return opens.event;
    const [seq, sub] = (place.event ?? "").split(".").map(Number);
    let i = seq ? run.first(seq) : -1;
    while (i >= 0 && sub && run.sub[i] < sub && run.seq[i + 1] === seq) i++;
    return i >= 0 ? i : opensAt;
  });
  const [byOrder, setByOrder] = useState(!!place.order);
  const [zoom, setZoom] = useState<Zoom>(() => place.zoom ? { from: place.zoom[0], to: place.zoom[1] } : whole({ run, byOrder: !!place.order }));
  const [query, setQuery] = useState(place.query ?? "");
  const [tab, setTab] = useState<Tab>(tabs.some(([t]) => t === place.tab) ? place.tab as Tab : "event");
  const [hidden, setHidden] = useState(() => new Set((place.hide ?? []).map((n) => run.head.nodes.indexOf(n) + 1).filter(Boolean)));
  const [lanes, setLanes] = useState<Arrangement>(() => asked(lives.order, (place.lanes ?? []).map((l) => l.map((n) => run.head.nodes.indexOf(n) + 1))));
  const [pins, setPins] = useState(() => new Set(place.pins ?? []));
  const [open, setOpen] = useState(true), [help, setHelp] = useState(false), [said, setSaid] = useState("");
  const [noted, setNoted] = useState(opens?.say ?? ""); // what everybody has to see, and not only who listens
  const [dark, setDark] = useState(() => document.documentElement.dataset.theme === "dark");
  const find = useRef<HTMLInputElement>(null);
  useEffect(() => { document.documentElement.dataset.theme = dark ? "dark" : "light"; }, [dark]);
  const rows = useMemo(() => rowsOf(run, view, lives.order, view === "full"), [run, view, lives]);
  const found = useMemo(() => search(run, query), [run, query]);
  /** What is found, with the step of the motif that it is; 0 if the query is none. */
  const hits = useMemo(() => new Map(found.motifs?.length ? found.motifs.toReversed().flatMap((m) => m.map((e, i) => [e, i + 1] as const)) : found.hits.map((e) => [e, 0] as const)), [found]);
  const core = useMemo(() => new Set(operations.filter((o) => o.core).flatMap((o) => [o.from, o.to]).filter((e) => e >= 0 && e < run.n)), [operations]);

  const select = (event: number) => {
    if (event < 0 || event >= run.n) return;
    setSelected(event);
    const v = byOrder ? event : run.at[event];
    if (v < zoom.from || v > zoom.to) setZoom(shifted({ run, zoom, byOrder }, v - (zoom.from + zoom.to) / 2));
    setSaid(sentence(run, event));
    setNoted("");
  };
  const show = (event: number) => { // in whatever view has it
    if (event < 0) return;
    if (view !== "full" && !rows.rows[rows.rowOf(event)]?.events.includes(event)) setView("full");
    select(event);
  };
  const moved = lanes.length !== lives.order.length || lanes.some((l, i) => l[0] !== lives.order[i]);
  /** Lanes stand otherwise; whoever listens hears how. */
  const arrange = (next: Arrangement) => {
    if (next === lanes) return;
    setLanes(next);
    setSaid("The lanes are " + next.map((l) => l.map((n) => run.machine(n)).join(" with ")).join(", "));
  };
  const isShown = (n: number) => rows.nodes.includes(n) && !hidden.has(n), its = run.node[selected] ?? 0;
  useEffect(() => {
    if (!complete) return;
    const all = whole({ run, byOrder });
    const hash = writePlace({ of: moment, compared: compare?.on, trace: shared, view, event: selected < 0 ? "" : run.seq[selected] + (run.sub[selected] ? "." + run.sub[selected] : ""), query, tab,
      hide: [...hidden].map((n) => run.machine(n)), lanes: moved ? lanes.map((l) => l.map((n) => run.machine(n))) : undefined, pins: [...pins], zoom: zoom.from <= all.from && zoom.to >= all.to ? undefined : [zoom.from, zoom.to], order: byOrder });
    history.replaceState(null, "", hash);
  }, [complete, view, selected, query, tab, hidden, lanes, pins, zoom, byOrder]);
  const copy = async (text: string, what: string) => {
    try { await navigator.clipboard.writeText(text); } catch { // a page from a file may have no clipboard
      const area = document.createElement("textarea");
      area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
    }
    setNoted(`${what} is copied`);
  };
  const replay = run.head.replay ?? "";
  const link = () => void copy(location.href, "The link");
  const linkWithTrace = async () => {
    try {
      const there = selected >= 0 && (run.set[selected] & inMinimal) !== 0;
      const hash = writePlace({ of: moment, view: "minimal", event: there ? run.seq[selected] + (run.sub[selected] ? "." + run.sub[selected] : "") : "", trace: await pack(compare?.shares ?? run) });
      await copy(location.href.split("#")[0] + hash, "The link with the minimal trace");
    } catch (err) { setNoted(err instanceof Error ? err.message : String(err)); }
  };
  const differ = (by: 1 | -1) => {
    const to = nextDifference(run, selected, by);
    if (to >= 0) show(to); else setNoted(by > 0 ? "No difference follows" : "No difference before this");
  };

  const step = (by: 1 | -1, same: boolean) => {
    let y = rows.rowOf(Math.max(0, selected));
    const node = rows.rows[y]?.node;
    for (y += by; y >= 0 && y < rows.rows.length; y += by) {
      const row = rows.rows[y];
      if (row.kind !== "gap" && (!same || row.node === node)) { select(row.at); return; }
    }
  };
  const hit = (by: 1 | -1) => {
    const stops = found.motifs ? found.motifs.map((m) => m[0]) : found.hits; // a motif is gone to where it begins
    if (!stops.length) return;
    show(by > 0 ? stops.find((h) => h > selected) ?? stops[0] : stops.findLast((h) => h < selected) ?? stops.at(-1)!);
  };
  const addStep = () => {
    if (selected < 0) return;
    const next = (query.trim() ? query.trim() + " > " : "") + stepOf(run, selected);
    setQuery(next);
    setSaid(`The motif is: ${next}`);
  };
  const dropStep = () => setQuery(query.includes(" > ") ? query.slice(0, query.lastIndexOf(" > ")) : "");
  const setAxis = (order: boolean) => { setByOrder(order); setZoom(whole({ run, byOrder: order })); };
  const jumpTo = () => {
    const jumps = (run.head.jumps ?? []).map((j) => run.first(j.event)).filter((e) => e >= 0);
    if (jumps.length) show(jumps.find((e) => e > selected) ?? jumps[0]); else setTab("decided");
  };
  const middle = () => selected >= 0 ? (byOrder ? selected : run.at[selected]) : (zoom.from + zoom.to) / 2;
  const keys: Record<string, () => void> = {
    j: () => step(1, false), k: () => step(-1, false), ArrowDown: () => step(1, false), ArrowUp: () => step(-1, false),
    J: () => step(1, true), K: () => step(-1, true),
    c: () => show(run.first(run.cause[selected])), e: () => show(run.after(run.seq[selected])[0] ?? -1),
    "[": () => show(run.first(run.cause[selected])), "]": () => show(run.after(run.seq[selected]).find((x) => /deliver|received|drop/.test(run.kindOf(x))) ?? -1),
    f: () => show(run.violation), b: jumpTo, n: () => hit(1), N: () => hit(-1), m: addStep, M: dropStep,
    "1": () => setView("minimal"), "2": () => setView("causal"), "3": () => setView("full"),
    "/": () => find.current!.focus(), o: () => setOpen(!open), t: () => setAxis(!byOrder), r: () => { if (replay) void copy(replay, "The replay command"); },
    l: link, L: () => void linkWithTrace(), d: () => { if (compare) void compare.toggle(selected); else setNoted("This page has nothing to compare its run with"); },
    x: () => { if (run.compared) differ(1); }, X: () => { if (run.compared) differ(-1); },
    h: () => { if (run.node[selected]) setHidden(toggled(hidden, run.node[selected])); }, H: () => setHidden(new Set()),
    "<": () => arrange(shoved(lanes, its, -1, isShown)), ">": () => arrange(shoved(lanes, its, 1, isShown)), g: () => arrange(regrouped(lanes, its, isShown)), G: () => arrange(apart(lives.order)),
    "+": () => setZoom(scaled({ run, zoom, byOrder }, 0.5, middle())), "=": () => setZoom(scaled({ run, zoom, byOrder }, 0.5, middle())),
    "-": () => setZoom(scaled({ run, zoom, byOrder }, 2, middle())), "0": () => setZoom(whole({ run, byOrder })),
    ArrowLeft: () => setZoom(shifted({ run, zoom, byOrder }, (zoom.from - zoom.to) / 5)), ArrowRight: () => setZoom(shifted({ run, zoom, byOrder }, (zoom.to - zoom.from) / 5)),
    Home: () => select(rows.rows[0]?.at ?? 0), End: () => select(rows.rows.at(-1)?.at ?? 0), "?": () => setHelp(true), Escape: () => setHelp(false),
  };
  const press = useRef<((e: KeyboardEvent) => void) | null>(null); // of the last render, so that quick fingers do not act on an old state
  press.current = (e) => {
    const t = e.target as HTMLElement;
    if (e.ctrlKey || e.metaKey || e.altKey || help) return;
    if (t.tagName === "INPUT") { if (e.key === "Escape") t.blur(); if (e.key === "Enter") { hit(e.shiftKey ? -1 : 1); e.preventDefault(); } return; }
    if (t.getAttribute("role") === "tab" && e.key.startsWith("Arrow")) return;
    const act = keys[e.key];
    if (act) { act(); e.preventDefault(); }
  };
  useEffect(() => {
    const listen = (e: KeyboardEvent) => press.current!(e);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
  const reveal = (row: Row) => { setView("full"); setSelected(row.at); };
  const left = run.head.total - run.head.events;
  const warnings = [...place.of && moment && place.of !== moment ? [`The link is of ${place.of}, and this page is of ${moment}: the place that it means is not here.`] : [], ...run.head.warnings ?? [], ...left > 0 ? [`${plural(left, "event")} of ${count(run.head.total)} are left out of this page: those farthest from the violation that neither led to it nor are a crash, a fault or an operation.`] : []];
  return <>
    <Head run={run} copy={copy} link={link} linkWithTrace={linkWithTrace} dark={dark} setDark={setDark} setHelp={setHelp} />
    {warnings.length > 0 ? <div class="warnings" role="status">{warnings.map((w) => <p>{w}</p>)}</div> : null}
    <section class="strip" aria-label="Overview"><Overview {...{ run, lives, zoom, setZoom, selected, open, byOrder, hidden, lanes, dark, complete }} hits={found.hits.slice(0, 5000)} motifs={found.motifs?.slice(0, 1000)} select={show} /></section>
    <main>
      <section style={{ display: "grid", gridTemplateRows: "auto minmax(0, 1fr)", minWidth: "0", minHeight: 0 }} aria-label="Story">
        <div class="bar">
          <span class="group" role="group" aria-label="How much is shown">
            {([["minimal", "Minimal"], ["causal", "Causal"], ["full", "Full"]] as [View, string][]).map(([v, name]) =>
              <button aria-pressed={view === v} onClick={() => setView(v)}>{name} <small>{count(sizes[v])}</small></button>)}
          </span>
          {run.violation >= 0 && <button onClick={() => show(run.violation)}>✘ Violation</button>}
          {compare && <button aria-pressed={compare.on} aria-keyshortcuts="d" title={`This run beside ${compare.with} (d)`} onClick={() => void compare.toggle(selected)}>⇄ Compare</button>}
          {run.compared && <span class="group"><button aria-label="Previous difference" title="Previous difference (X)" onClick={() => differ(-1)}>↑</button><button aria-label="Next difference" title="Next difference (x)" onClick={() => differ(1)}>↓ Difference</button></span>}
          {hidden.size > 0 && <button onClick={() => setHidden(new Set())}>Show {plural(hidden.size, "hidden machine")}</button>}
          {moved && <button onClick={() => arrange(apart(lives.order))}>Lanes as they were</button>}
          <span class="find" role="search">
            <input ref={find} type="search" aria-label="Search events" placeholder="Search: accept n2, kind:drop t>1.2s, crash > boot" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
            <span class={"n" + (found.wrong ? " wrong" : "")} role="status">{found.wrong || (found.motifs ? `${count(found.motifs.length)} ${found.motifs.length === 1 ? "match" : "matches"}` : query.trim() ? plural(found.hits.length, "hit") : "")}</span>
            {found.hits.length > 0 && <span class="group"><button aria-label="Previous hit" onClick={() => hit(-1)}>↑</button><button aria-label="Next hit" onClick={() => hit(1)}>↓</button></span>}
          </span>
        </div>
        <Story {...{ run, rows, lives, hidden, lanes, arrange, selected, hits, core, reveal, complete }} select={select} hide={(lane) => setHidden(new Set([...hidden, ...lane]))} />
      </section>
      <aside aria-label="Details">
        <div class="tabs" role="tablist">{tabs.map(([t, name], i) => <button role="tab" id={"tab-" + t} aria-selected={tab === t} aria-controls="panel" tabIndex={tab === t ? 0 : -1} onClick={() => setTab(t)}
          onKeyDown={(e) => {
            const to = e.key === "ArrowRight" ? i + 1 : e.key === "ArrowLeft" ? i - 1 : -1;
            if (tabs[to]) { setTab(tabs[to][0]); document.getElementById("tab-" + tabs[to][0])!.focus(); }
          }}>{name}</button>)}</div>
        <div class="panel" id="panel" role="tabpanel" aria-labelledby={"tab-" + tab} tabIndex={0}>
          {!complete ? null : tab === "event" ? <Inspector run={run} states={states} selected={selected} select={show} pins={pins} pin={(path) => setPins(toggled(pins, path))} />
            : tab === "history" ? <History run={run} lives={lives} select={show} operations={operations} />
              : tab === "faults" ? <Faults run={run} lives={lives} select={show} /> : tab === "decided" ? <Decided run={run} lives={lives} select={show} /> : <Coverage run={run} />}
        </div>
      </aside>
    </main>
    <footer><span><kbd>j</kbd> <kbd>k</kbd> step</span><span><kbd>c</kbd> cause</span><span><kbd>e</kbd> effect</span><span><kbd>f</kbd> violation</span><span><kbd>1</kbd> <kbd>2</kbd> <kbd>3</kbd> how much</span>
      <span><kbd>/</kbd> search</span><span><kbd>?</kbd> all keys and marks</span><span class="noted" role="status">{noted}</span><span class="hidden" role="status" aria-live="polite">{said}</span></footer>
    {help && <Help close={() => setHelp(false)} />}
  </>;
}

function Head({ run, copy, link, linkWithTrace, dark, setDark, setHelp }: {
  run: Run; copy: (text: string, what: string) => Promise<void>; link: () => void; linkWithTrace: () => Promise<void>; dark: boolean; setDark: (d: boolean) => void; setHelp: (h: boolean) => void;
}) {
  const h = run.head, bad = h.verdict === "violated" || (!h.verdict && run.violation >= 0);
  const property = h.property || (run.violation >= 0 && !run.compared ? run.str(run.name[run.violation]) : "");
  const sentence = h.sentence || (run.violation >= 0 ? run.str(run.text[run.violation]) : "");
  return <header>
    <h1><span class={"verdict" + (bad ? "" : h.verdict === "ok" ? " ok" : " none")}>{bad ? "✘ VIOLATED" : h.verdict === "ok" ? "✓ HELD" : (h.verdict || "run").toUpperCase()}</span>{property || h.title}</h1>
    {sentence && <p class="sentence" title={sentence}>{sentence}</p>}
    <p class="facts">{h.scenario && <span><b>{h.scenario}</b></span>}{(h.scenario || h.seed !== "0") && <span>seed <b>{h.seed}</b></span>}<span><b>{count(h.total)}</b> events in <b>{span(run.end)}</b> of virtual time</span>{h.hash && <span>hash <code>{h.hash}</code></span>}</p>
    <div class="acts">
      <div><button onClick={link} title="To this place in this page (l)">Copy link</button><button onClick={() => void linkWithTrace()} title="The minimal trace is in the link: any page of Orrery opens it (L)">with trace</button><button aria-pressed={dark} onClick={() => setDark(!dark)}>Dark</button><button aria-label="Keys and marks" onClick={() => setHelp(true)}>?</button></div>
      {h.replay && <div><button onClick={() => void copy(h.replay!, "The replay command")} title={h.replay}>Copy replay command</button></div>}
    </div>
  </header>;
}
