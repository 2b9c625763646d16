import { type Evidence, type Verdict, verifyEvidence } from "@muniment/verify/evidence.ts";
import { rowsOf } from "./rows.ts";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks ${id}`);
  return found as T;
}

const [verdictBox, facts, body] = [element("verdict"), element("facts"), element("entries")];
const key = element<HTMLInputElement>("key");
const file = element<HTMLInputElement>("file");
let evidence: Evidence | null = null;
let turn = 0;

function say(ok: boolean | null, text: string): void {
  verdictBox.dataset.ok = String(ok);
  verdictBox.textContent = text;
}

function sentenceOf(verdict: Verdict): string {
  if (verdict.ok) {
    const { entries, checkpoint } = verdict;
    return `Verified: ${entries} ${entries === 1 ? "entry is" : "entries are"} what was sealed, under the signed checkpoint of ${checkpoint.size} entries.`;
  }
  const place = verdict.index === null ? "" : ` First wrong index: ${verdict.index}.`;
  return `Not verified.${place} ${verdict.reason}.`;
}

function showFacts(verdict: Verdict): void {
  facts.replaceChildren();
  if (!verdict.ok) return;
  const { checkpoint, signedBy, cosignedBy } = verdict;
  const told: [string, string][] = [
    ["Log", checkpoint.origin],
    ...signedBy.map((one): [string, string] => ["Signed by", one]),
    ...cosignedBy.map(({ key: one, at }): [string, string] => [
      "Cosigned by",
      `${one}, ${at.toISOString()}`,
    ]),
  ];
  for (const [term, value] of told) {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    dt.textContent = term;
    dd.textContent = value;
    facts.append(dt, dd);
  }
}

function showEntries(shown: Evidence, wrong: number | null): void {
  const rows = rowsOf(shown).map(({ index, cells }) => {
    const row = document.createElement("tr");
    if (index === wrong) row.dataset.wrong = "";
    for (const text of [String(index), ...cells]) {
      const cell = document.createElement("td");
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  });
  body.replaceChildren(...rows);
}

async function verify(): Promise<void> {
  turn += 1;
  const mine = turn;
  if (!evidence) return say(null, "Choose a bundle.");
  const shown = evidence;
  try {
    const trusted = key.value.trim();
    const verdict = await verifyEvidence(shown, trusted === "" ? undefined : [trusted]);
    if (mine !== turn) return;
    say(verdict.ok, sentenceOf(verdict));
    showFacts(verdict);
    showEntries(shown, verdict.ok ? null : verdict.index);
  } catch (error) {
    // Not a bundle at all, or a browser that cannot verify Ed25519 signatures.
    facts.replaceChildren();
    say(false, `Not verified. ${error instanceof Error ? error.message : String(error)}`);
  }
}

key.addEventListener("input", () => void verify());
file.addEventListener("change", async () => {
  try {
    evidence = JSON.parse((await file.files?.[0]?.text()) ?? "null") as Evidence | null;
    await verify();
  } catch {
    body.replaceChildren();
    facts.replaceChildren();
    say(false, "Not verified. The file is no JSON.");
  }
});
try {
  evidence = JSON.parse(element("evidence").textContent ?? "null") as Evidence | null;
  void verify();
} catch {
  say(false, "Not verified. The evidence in this page was damaged.");
}
