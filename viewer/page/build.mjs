// Builds viewer/page.html: one HTML file with the script and the style inside, and a slot for the run.
// node build.mjs OUT writes it elsewhere, which is how CI compares it with what is committed.
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

const [template, script, style] = await Promise.all([
  readFile(join(here, "src", "page.html"), "utf8"), bundle("main.tsx"), bundle("style.css"),
]);
const put = (text, slot, what) => {
  const parts = text.split(slot);
  if (parts.length !== 2) throw new Error(`src/page.html must have ${slot} once`);
  return parts.join(what);
};
let page = put(template, "/*STYLE*/", style);
page = put(page, "/*SCRIPT*/", script.replaceAll("</script", "<\\/script"));
if (page.split("<!--RUN-->").length !== 2) throw new Error("the page must have one <!--RUN-->");
await writeFile(out, page);
console.log(`${out}: ${page.length} characters`);
