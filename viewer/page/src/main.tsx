import { render } from "preact";
import { App } from "./app";
import { readRun } from "./run";

const app = document.getElementById("app")!;

async function start() {
  const run = document.getElementById("run");
  if (!run) throw new Error("there is no run in this page");
  const text = run.textContent!.trim();
  run.remove();
  const read = await readRun(text);
  document.title = (read.head.property ? read.head.property + " · " : "") + read.head.title;
  app.textContent = "";
  render(<App run={read} />, app);
  requestAnimationFrame(() => requestAnimationFrame(() => { performance.mark("first-picture"); document.documentElement.dataset.ready = "yes"; }));
}

start().catch((err: unknown) => {
  app.innerHTML = "<p class='waiting' role='alert'></p>";
  app.firstElementChild!.textContent = `This page cannot show its run: ${err instanceof Error ? err.message : String(err)}.`;
  document.documentElement.dataset.ready = "failed";
});
