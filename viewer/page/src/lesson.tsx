// The page of a lesson: predict, run, break, fix, prove. The simulator is inside.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";
import { startEngine, type Play } from "./engine";
import { inline, Markdown } from "./markdown";
import { Playground } from "./playground";

export interface Question { text: string; choices: string[]; right: number; why: string }
export interface Lesson {
  number: number; title: string; track: string; minutes: number; badge: string;
  sections: { title: string; text: string }[]; quiz: Question[]; hints: string[]; skeleton: string; solution: string;
  variants: { name: string; about: string }[]; seed: number; demo: string[];
}

function Asked({ q, n, answered }: { q: Question; n: number; answered: (right: boolean) => void }): JSX.Element {
  const [picked, setPicked] = useState(-1), done = picked >= 0;
  return <fieldset class="asked"><legend>{n}. {inline(q.text)}</legend>
    {q.choices.map((c, i) => <label class={done ? i === q.right ? "right" : i === picked ? "wrong" : "" : ""}>
      <input type="radio" name={`q${n}`} checked={picked === i} disabled={done && picked !== i} onChange={() => { if (!done) { setPicked(i); answered(i === q.right); } }} /> <span>{inline(c)}</span></label>)}
    <div role="status">{done && <p class="why"><b>{picked === q.right ? "Right. " : "Not so. "}</b>{inline(q.why)}</p>}</div>
  </fieldset>;
}

function Text({ lesson, title }: { lesson: Lesson; title: string }): JSX.Element {
  return <section><h2>{title}</h2><Markdown text={lesson.sections.find((s) => s.title === title)?.text ?? ""} /></section>;
}

function Fix({ lesson }: { lesson: Lesson }): JSX.Element {
  const [hints, setHints] = useState(0), [shown, setShown] = useState(false);
  return <section><h2>Fix and prove</h2>
    <p>Copy this to a directory of your own, complete it, and have it checked: <code>orrery lesson {lesson.number} --check ./mine</code></p>
    <pre tabIndex={0} aria-label="What is to be completed">{lesson.skeleton}</pre>
    {lesson.hints.slice(0, hints).map((h) => <p class="hint">{inline(h)}</p>)}
    <p class="does">{hints < lesson.hints.length && <button onClick={() => setHints(hints + 1)}>{hints ? "Another hint" : "A hint"}</button>}
      <button aria-expanded={shown} onClick={() => setShown(!shown)}>{shown ? "Hide the solution" : "Reveal the solution"}</button></p>
    {shown && <pre tabIndex={0} aria-label="The solution">{lesson.solution}</pre>}
  </section>;
}

/** What has become of the simulator: it starts while the text is read already. */
type Engine = { play: Play } | { failed: string } | undefined;

function App({ lesson, engine }: { lesson: Lesson; engine: Engine }): JSX.Element {
  const [answers, setAnswers] = useState<boolean[]>([]), [later, setLater] = useState(false);
  const [dark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => { document.documentElement.dataset.theme = dark ? "dark" : "light"; }, [dark]);
  const open = later || answers.filter((a) => a !== undefined).length === lesson.quiz.length;
  return <>
    <header><h1>Lesson {lesson.number}: {lesson.title}</h1>
      <p class="facts"><span>{lesson.track}</span><span>{lesson.minutes} minutes</span><span>badge: <b>{lesson.badge}</b></span></p>
      <div class="acts"><button onClick={() => setDark(!dark)}>{dark ? "Light" : "Dark"}</button></div></header>
    <main class="lesson">
      <article class="text">
        <Text lesson={lesson} title="Story" /><Text lesson={lesson} title="Hypothesis" /><Text lesson={lesson} title="Steps" />
        <section aria-labelledby="predict"><h2 id="predict">Predict</h2>
          {lesson.quiz.map((q, i) => <Asked q={q} n={i + 1} answered={(right) => setAnswers((a) => { const next = [...a]; next[i] = right; return next; })} />)}
          {!open && <p class="does"><button onClick={() => setLater(true)}>Show me without answering</button></p>}
          {answers.filter((a) => a !== undefined).length === lesson.quiz.length && <p role="status">{answers.filter(Boolean).length} of {lesson.quiz.length} predicted.</p>}
        </section>
        {open && <><Fix lesson={lesson} /><Text lesson={lesson} title="What you learned" /><Text lesson={lesson} title="The paper's line" /><Text lesson={lesson} title="In the wild" /></>}
      </article>
      {open && engine && "play" in engine ? <Playground lesson={lesson} play={engine.play} />
        : <section class="playground closed" aria-label="The cluster">
          {engine && "failed" in engine ? <p role="alert">This page cannot start its simulator: {engine.failed}.</p>
            : <p role="status">{open ? "Starting the simulator…" : "Predict first. The cluster starts when you have answered the questions."}</p>}</section>}
    </main>
  </>;
}

/** Two frames later: what was rendered last has been painted. */
const painted = () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

async function start() {
  const text = document.getElementById("lesson"), packed = document.getElementById("engine"), app = document.getElementById("app")!;
  if (!text || !packed) throw new Error("there is no lesson in this page");
  const lesson = JSON.parse(text.textContent!) as Lesson, code = packed.textContent!;
  packed.remove();
  document.title = `Lesson ${lesson.number}: ${lesson.title}`;
  app.textContent = "";
  const show = (engine?: Engine) => render(<App lesson={lesson} engine={engine} />, app);
  show();
  await painted();
  performance.mark("first-picture");
  const engine = await startEngine(code).then((play) => ({ play }), (err: unknown) => ({ failed: said(err) }));
  show(engine);
  document.documentElement.dataset.ready = "play" in engine ? "yes" : "failed";
}

const said = (err: unknown) => err instanceof Error ? err.message : String(err);

start().catch((err: unknown) => {
  const app = document.getElementById("app")!;
  app.innerHTML = "<p class='waiting' role='alert'></p>";
  app.firstElementChild!.textContent = `This page cannot be shown: ${said(err)}.`;
  document.documentElement.dataset.ready = "failed";
});
