// As much Markdown as the texts of lessons use: paragraphs, lists, code blocks, `code`, *emphasis*, **strong**.
import type { ComponentChildren, JSX } from "preact";

/** The parts of a line. */
export function inline(text: string): ComponentChildren[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (part.startsWith("`")) return <code>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong>{part.slice(2, -2)}</strong>;
    if (part.startsWith("*") && part.length > 2) return <em>{part.slice(1, -1)}</em>;
    return part;
  });
}

/** The items of a list, each with the lines that continue it. */
function items(lines: string[], mark: RegExp): string[] {
  const list: string[] = [];
  for (const line of lines) {
    if (mark.test(line)) list.push(line.replace(mark, "")); else list[list.length - 1] += " " + line.trim();
  }
  return list;
}

export function Markdown({ text }: { text: string }): JSX.Element {
  const blocks = text.split(/\n\s*\n/).map((b) => b.replace(/^\n+|\s+$/g, "")).filter(Boolean);
  return <>{blocks.map((block) => {
    const lines = block.split("\n"), ordered = /^\d+\.\s+/, bullet = /^[-*]\s+/;
    if (ordered.test(lines[0])) return <ol>{items(lines, ordered).map((i) => <li>{inline(i)}</li>)}</ol>;
    if (bullet.test(lines[0])) return <ul>{items(lines, bullet).map((i) => <li>{inline(i)}</li>)}</ul>;
    if (lines.every((l) => l.startsWith("    "))) return <pre tabIndex={0}>{lines.map((l) => l.slice(4)).join("\n")}</pre>;
    return <p>{inline(lines.join(" "))}</p>;
  })}</>;
}
