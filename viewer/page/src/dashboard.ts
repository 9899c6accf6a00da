// Keeps the list of findings up to date and copies commands. The pages are whole without it: see explore/dashboard.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => { root.dataset.theme = dark.matches ? "dark" : "light"; };
theme();
dark.addEventListener("change", theme);

const said = document.getElementById("said")!, live = document.getElementById("live")!;
const say = (text: string) => { said.textContent = text; };

/** Tells whether somebody is marking text in a part, which a new text would undo. */
function marking(part: Element): boolean {
  const s = getSelection();
  return !!s && !s.isCollapsed && part.contains(s.anchorNode);
}

/** Puts a part into the page, and leaves the focus where it was. */
function put(part: Element, html: string): void {
  const focus = part.contains(document.activeElement) ? document.activeElement!.id : "";
  const scrolled = part.querySelector(".wide")?.scrollLeft ?? 0;
  part.innerHTML = html;
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  const wide = part.querySelector(".wide");
  if (wide) wide.scrollLeft = scrolled;
}

const waiting = new Map<string, string>();
let known = -1;

function settle(): void {
  for (const [id, html] of waiting) {
    const part = document.getElementById(id);
    if (part && marking(part)) continue;
    waiting.delete(id);
    if (part) put(part, html);
  }
  const now = Number(document.querySelector<HTMLElement>("[data-findings]")?.dataset.findings ?? -1);
  if (known >= 0 && now > known) say(now === 1 ? "A first finding" : `${now} findings, ${now - known} more than before`);
  known = now;
}

let stream: EventSource | undefined;

function follow(): void {
  stream = new EventSource("/events" + location.search);
  stream.onopen = () => { live.textContent = "● live"; root.dataset.live = "yes"; };
  stream.onerror = () => { live.textContent = "○ not live: the server does not answer"; root.dataset.live = "no"; };
  stream.addEventListener("part", (e) => {
    const part = JSON.parse((e as MessageEvent<string>).data) as { id: string; html: string };
    waiting.set(part.id, part.html);
    settle();
  });
}

if (document.querySelector("[data-follow]")) {
  follow();
  // A page that nobody looks at asks for nothing.
  document.addEventListener("visibilitychange", () => { stream?.close(); if (!document.hidden) follow(); });
  document.addEventListener("selectionchange", () => { if (waiting.size) settle(); });
}

async function copy(text: string): Promise<void> {
  try { await navigator.clipboard.writeText(text); } catch { // a page that is not from this machine may have no clipboard
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say("The command is copied");
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => { void copy(button.dataset.copy!).then(() => button.focus()); });
}
