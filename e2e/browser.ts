import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

/** Chromium of this machine, or undefined. */
export function chromiumPath(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const directories = (process.env.PATH ?? "").split(delimiter);
  return ["chromium", "chromium-browser", "google-chrome"]
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find((path) => existsSync(path));
}

export function launch(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error("no Chromium: apt-get install -y chromium");
  return chromium.launch({
    executablePath,
    // The pages are our own; Chromium's sandbox does not start as root or in many containers.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A visitor with an empty cookie jar. Nothing moves, so that what is looked at stands still. */
export const newContext = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });

/** What the pages of the running test threw and nobody caught. */
export const pageErrors: string[] = [];

/** A page that remembers everything it complained about: errors, and violations of the policy. */
export async function newPage(
  context: BrowserContext,
): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => {
    pageErrors.push(`${page.url()}: ${error.stack ?? error.message}`);
    complaints.push(error.message);
  });
  page.on("console", (message) => {
    // Chromium logs each answer of 400 and above; those are the server's to choose.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  return { page, complaints };
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

type Violation = {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
};

/** Fails when axe finds anything serious or critical on the page (WCAG 2.2 A and AA). */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  // Evaluated through the debugger, which the page's content security policy does not restrict.
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[] }> };
    };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    return (await axe.run({ runOnly: { type: "tag", values: tags } })).violations;
  });
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.target.join(" ")} ${nodes[0]?.failureSummary}`);
  expect(serious, `accessibility of ${name}`).toEqual([]);
}
