import { render } from "preact";
import { App } from "./app";
import { readRun } from "./run";

const app = document.getElementById("app")!;

/** Two frames later: what was rendered last has been painted. */
const painted = () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

/** Draws the story where it opens, and then what has to wait for that: the overview, the panel, the rows just out of sight. */
async function start() {
  const run = document.getElementById("run");
  if (!run) throw new Error("there is no run in this page");
  const text = run.textContent!.trim();
  run.remove();
  const read = await readRun(text);
  document.title = (read.head.property ? read.head.property + " · " : "") + read.head.title;
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  app.textContent = "";
  render(<App run={read} complete={false} />, app);
  await painted();
  performance.mark("first-picture");
  render(<App run={read} complete={true} />, app);
  await painted();
  document.documentElement.dataset.ready = "yes";
}

start().catch((err: unknown) => {
  app.innerHTML = "<p class='waiting' role='alert'></p>";
  app.firstElementChild!.textContent = `This page cannot show its run: ${err instanceof Error ? err.message : String(err)}.`;
  document.documentElement.dataset.ready = "failed";
});
