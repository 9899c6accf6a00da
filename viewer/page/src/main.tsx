import { render } from "preact";
import { readPlace } from "./link";
import { comparison, Pages, type Shown } from "./pages";
import { readRun } from "./run";
import { unpack } from "./share";

const app = document.getElementById("app")!;

/** Two frames later: what was rendered last has been painted. */
const painted = () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

/** What lies packed in the page under a name; "" if nothing does. It is taken out, for it is long. */
function packed(name: string): string {
  const script = document.getElementById(name), text = script?.textContent?.trim() ?? "";
  script?.remove();
  return text;
}

/** Draws the story where it opens, and then what has to wait for that: the overview, the panel, the rows just out of sight. */
async function start() {
  const place = readPlace(location.hash), shared = place.trace ?? "";
  addEventListener("hashchange", () => { if ((readPlace(location.hash).trace ?? "") !== shared) location.reload(); }); // a link was pasted into this very window
  const run = packed("run"), other = shared ? "" : packed("beside");
  if (!run && !shared) throw new Error("there is no run in this page, and no trace in its address");
  const own = shared ? await unpack(shared) : await readRun(run);
  const both = place.compared && !own.compared ? await comparison(own, other) : undefined;
  const opens: Shown = both ? { ...both, opens: undefined } : { run: own, compared: false };
  document.title = (own.head.property ? own.head.property + " · " : "") + own.head.title;
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const page = (complete: boolean) => <Pages {...{ own, opens, shared, complete }} packed={other} />;
  app.textContent = "";
  render(page(false), app);
  await painted();
  performance.mark("first-picture");
  render(page(true), app);
  await painted();
  document.documentElement.dataset.ready = "yes";
}

start().catch((err: unknown) => {
  app.innerHTML = "<p class='waiting' role='alert'></p>";
  app.firstElementChild!.textContent = `This page cannot show its run: ${err instanceof Error ? err.message : String(err)}.`;
  document.documentElement.dataset.ready = "failed";
});
