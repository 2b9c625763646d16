import { randomBytes, randomUUID } from "node:crypto";
import { createNoteSigner } from "../../apps/api/src/audit/note-signer.ts";
import { toBase64 } from "../../packages/verify/src/base64.ts";
import { formatCheckpoint } from "../../packages/verify/src/checkpoint.ts";
import {
  type Evidence,
  evidenceFormat,
  verifyEvidence,
} from "../../packages/verify/src/evidence.ts";
import { commitment, leafText, type PersonalData } from "../../packages/verify/src/leaf.ts";
import { Frontier, leafHash } from "../../packages/verify/src/merkle.ts";
import { formatVerifierKey } from "../../packages/verify/src/signed-note.ts";
import type { Part } from "../rows.ts";

const entriesOfBundle = 50_000;
const asked = 200_000;
const origin = "bench.example.org/audit";

const salt = () => randomBytes(16).toString("base64");

function entryOf(isWithPeople: boolean) {
  const actor: PersonalData = {
    salt: salt(),
    label: "someone@example.org",
    address: "192.0.2.7",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  };
  const target: PersonalData = { salt: salt(), label: "an agent" };
  const leaf = leafText({
    v: 1,
    id: randomUUID(),
    at: new Date().toISOString(),
    actor: { kind: "user", id: randomUUID(), personal: toBase64(commitment(actor)) },
    action: "agent.updated",
    target: { kind: "agent", id: randomUUID(), personal: toBase64(commitment(target)) },
    outcome: "success",
    requestId: randomUUID(),
    details: { fields: ["name"] },
  });
  const hash = toBase64(leafHash(leaf));
  return isWithPeople ? { leaf, hash, actor, target } : { leaf, hash, actor: null, target: null };
}

/** A whole log as its evidence, as read from a file. */
function bundle(isWithPeople: boolean): Evidence {
  const tree = new Frontier();
  const entries = Array.from({ length: entriesOfBundle }, () => entryOf(isWithPeople));
  for (const { leaf } of entries) tree.append(leafHash(leaf));
  const signer = createNoteSigner([randomBytes(32)], origin);
  const text = formatCheckpoint({ origin, size: tree.size, root: tree.root() });
  const evidence: Evidence = {
    format: evidenceFormat,
    keys: signer.keys.map(formatVerifierKey),
    checkpoint: signer.sign(text),
    ranges: [{ from: 0, entries, left: [], right: [] }],
  };
  return JSON.parse(JSON.stringify(evidence)) as Evidence;
}

/** Entries a second, the best of five; a bundle that does not verify ends the bench. */
async function rateOf(evidence: Evidence): Promise<number> {
  let best = 0;
  for (let round = 0; round < 5; round += 1) {
    const started = performance.now();
    const verdict = await verifyEvidence(evidence);
    const seconds = (performance.now() - started) / 1000;
    if (!verdict.ok || verdict.entries !== entriesOfBundle)
      throw new Error(JSON.stringify(verdict));
    best = Math.max(best, verdict.entries / seconds);
  }
  return best;
}

/** How fast `packages/verify` goes through evidence, in one thread. */
export const verifier: Part = async () => {
  const entries = await rateOf(bundle(false));
  const people = await rateOf(bundle(true));
  return {
    row: {
      name: "verifying evidence, entries of about 460 bytes, one thread",
      unit: "entries/s",
      ours: entries,
      plain: asked,
      target: 100,
      note: "the figure asked for",
    },
    note:
      `With the personal data of two people in each entry, which is two commitments more to open, ` +
      `the verifier does ${Math.round(people).toLocaleString("en")} entries/s.`,
  };
};
