// Builds viewer/page.html and viewer/lesson.html: each one HTML file with the script and the style inside, and a slot for
// what it shows; and dashboard.js and dashboard.css, for the pages that a server makes. node build.mjs OUT writes the first
// elsewhere, and the others beside it, which is how CI compares them with what is committed.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "..", "page.html");

const bundle = async (entry) => {
  const result = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true, minify: true, write: false, format: "iife", target: "es2022", charset: "utf8",
    jsx: "automatic", jsxImportSource: "preact", legalComments: "none",
  });
  return result.outputFiles[0].text.trim();
};

const put = (text, slot, what, where) => {
  const parts = text.split(slot);
  if (parts.length !== 2) throw new Error(`${where} must have ${slot} once`);
  return parts.join(what);
};

/** Makes one page of its template, its script and its style. */
async function make(out, source, entry, css) {
  const [template, script, style] = await Promise.all([readFile(join(here, "src", source), "utf8"), bundle(entry), bundle(css)]);
  let page = put(template, "/*STYLE*/", style, source);
  page = put(page, "/*SCRIPT*/", script.replaceAll("</script", "<\\/script"), source);
  if (page.split("<!--RUN-->").length !== 2) throw new Error("the page must have one <!--RUN-->");
  await writeFile(out, page);
  console.log(`${out}: ${page.length} characters`);
}

await make(out, "page.html", "main.tsx", "style.css");
await make(join(dirname(out), "lesson.html"), "lesson.html", "lesson.tsx", "lesson.css");
for (const [name, entry] of [["dashboard.js", "dashboard.ts"], ["dashboard.css", "dashboard.css"]]) {
  const text = await bundle(entry) + "\n", to = join(dirname(out), name);
  await writeFile(to, text);
  console.log(`${to}: ${text.length} characters`);
}
