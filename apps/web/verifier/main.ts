import { type Evidence, type Verdict, verifyEvidence } from "@muniment/verify/evidence.ts";
import { rowsOf } from "./rows.ts";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks ${id}`);
  return found as T;
}

const [verdictBox, facts, body] = [element("verdict"), element("facts"), element("entries")];
const key = element<HTMLTextAreaElement>("key");
const witness = element<HTMLTextAreaElement>("witness");
const file = element<HTMLInputElement>("file");
let evidence: Evidence | null = null;
let turn = 0;

function say(ok: boolean | null, text: string): void {
  verdictBox.dataset.ok = String(ok);
  verdictBox.textContent = text;
}

/** What the reader has from elsewhere; nothing else makes a bundle more than its maker's word. */
type Given = { keys: string[]; witnesses: string[] };

/** Keys as `/audit/keys` tells them, one a line; none holds white space. */
const givenIn = ({ value }: HTMLTextAreaElement) => [...new Set(value.match(/\S+/g))];

const nameOf = (given: string) => given.slice(0, given.indexOf("+"));

/** Whether it is verified, null where that is not to be said, and a sentence. */
function judge(verdict: Verdict, { keys, witnesses }: Given): [boolean | null, string] {
  if (!verdict.ok) {
    const place = verdict.index === null ? "" : ` First wrong index: ${verdict.index}.`;
    return [false, `Not verified.${place} ${verdict.reason}.`];
  }
  if (keys.length === 0) {
    return [
      null,
      "Holds together, under the key in the bundle itself, which anybody can make. Paste the log's key from elsewhere to verify it.",
    ];
  }
  const { entries, checkpoint, cosignedBy } = verdict;
  const what = `${entries} ${entries === 1 ? "entry is" : "entries are"} what was sealed, under the signed checkpoint of ${checkpoint.size} entries`;
  const missing = witnesses.filter((one) => !cosignedBy.some(({ key: by }) => by === one));
  if (missing.length > 0) {
    const who = witnesses.length === 1 ? "the witness" : missing.map(nameOf).join(" and ");
    return [null, `By the log's key ${what}; but ${who} did not cosign that checkpoint.`];
  }
  return [true, `Verified: ${what}.`];
}

function showFacts(verdict: Verdict, { keys }: Given): void {
  facts.replaceChildren();
  if (!verdict.ok) return;
  const { checkpoint, signedBy, cosignedBy } = verdict;
  const told: [string, string][] = [
    ["Log", checkpoint.origin],
    ...signedBy.map((one): [string, string] => [
      keys.length > 0 ? "Signed by" : "Key in the bundle",
      one,
    ]),
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
    const given = { keys: givenIn(key), witnesses: givenIn(witness) };
    const { keys, witnesses } = given;
    const verdict = await verifyEvidence(shown, keys.length > 0 ? keys : shown.keys, witnesses);
    if (mine !== turn) return;
    say(...judge(verdict, given));
    showFacts(verdict, given);
    showEntries(shown, verdict.ok ? null : verdict.index);
  } catch (error) {
    // Not a bundle at all, or a browser that cannot verify Ed25519 signatures.
    facts.replaceChildren();
    say(false, `Not verified. ${error instanceof Error ? error.message : String(error)}`);
  }
}

for (const field of [key, witness]) field.addEventListener("input", () => void verify());
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
