import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(?:tsx?|css)$/.test(path) && !path.endsWith(".test.ts"))
  .map((path) => ({ path, text: readFileSync(join(root, "src", path), "utf8") }));

// The pages are served with `default-src 'self'` and no `unsafe-inline`; a browser would block these.
it.each([
  ["a style element", /<style[\s>]|createElement\("style"\)/],
  ["raw HTML", /dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML/],
  ["code from text", /\beval\(|new Function\(/],
  ["a font, script or style of another origin", /@import\s+(?:url\()?["']?https?:|src=["']https?:/],
])("no source contains %s", (_, pattern) => {
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path)).toEqual([]);
});

it("the document has no inline script or style and loads nothing from elsewhere", () => {
  const html = readFileSync(join(root, "index.html"), "utf8");
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
});

it("credentials are kept out of the browser's storage", () => {
  const users = sources.filter(({ text }) =>
    /localStorage|sessionStorage|document\.cookie/.test(text),
  );
  expect(users.map(({ path }) => path)).toEqual(["ui/theme.ts", "features/audit/seen-log.ts"]);
});
