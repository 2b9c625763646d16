import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Evidence } from "@muniment/verify/evidence.ts";

/** What the build puts beside the SPA, and where evidence stands in it. */
const fileName = "verifier.html";
const place = '<script id="evidence" type="application/json">null</script>';

/** A page that opens from the disk and verifies the evidence in it. @throws where no page was built */
export async function writeEvidencePage(webDirectory: string, evidence: Evidence): Promise<string> {
  const page = await readFile(join(webDirectory, fileName), "utf8");
  // As text of a script it must not end it.
  const json = JSON.stringify(evidence).replaceAll("<", "\\u003c");
  const [before, after] = page.split(place);
  if (before === undefined || after === undefined) throw new Error("the page has no place for it");
  return `${before}${place.replace("null", () => json)}${after}`;
}
