import { openCosignatures, parseWitnessKey } from "@muniment/verify/cosignature.ts";
import {
  formatSignature,
  formatVerifierKey,
  keyOf,
  parseNote,
} from "@muniment/verify/signed-note.ts";
import type { SignedCheckpoint } from "../audit/checkpoints.ts";
import { consistencyProof } from "../audit/tree.ts";
import { Contradicted, type Send, type SendInput, type Witness } from "./send-checkpoint.ts";
import { formatSubmission } from "./submission.ts";

const timeoutMilliseconds = 10_000;
const maxAnswerBytes = 65_536;

const refusals: Record<number, string> = {
  400: "The witness found the submission malformed.",
  403: "The witness does not know the key that signed the checkpoint.",
  404: "The witness does not know this log yet: there, run muniment admin witness-log.",
  429: "The witness is asked too often.",
};

async function submit(
  { database, egress }: SendInput,
  { target }: Witness,
  { note, size }: SignedCheckpoint,
  oldSize: number,
) {
  const proof = await consistencyProof(database.audit, oldSize, size);
  return egress.send({
    url: `${target.replace(/\/+$/, "")}/add-checkpoint`,
    method: "POST",
    headers: { "content-type": "text/plain; charset=utf-8", "user-agent": "Muniment-Log/1" },
    body: formatSubmission({ oldSize, proof, note }),
    timeoutMilliseconds,
    maxBodyBytes: maxAnswerBytes,
  });
}

/** The cosignatures in an answer that are the witness's. @throws where there is none, or a wrong one */
async function readCosignatures(note: string, lines: string, witness: Witness) {
  const key = parseWitnessKey(witness.key ?? "");
  // An empty line would move the end of the text that was signed.
  if (!/^(?:— .+\n)+$/.test(lines)) throw new Error("The witness answered no signature lines.");
  const cosigned = note + lines;
  const made = await openCosignatures(cosigned, [key]).catch((cause: Error) => {
    throw new Error(`The answer of the witness: ${cause.message}.`, { cause });
  });
  const line = parseNote(cosigned).signatures.find((one) => keyOf(one, [key]));
  const [first] = made;
  if (!first || !line) throw new Error("The witness signed with another key than the one known.");
  return [
    { key: formatVerifierKey(key), line: formatSignature(key, line.signature), at: first.at },
  ];
}

function readKnownSize(body: string): number {
  const known = /^\d{1,16}\n?$/.test(body) ? Number(body) : Number.NaN;
  if (!Number.isSafeInteger(known)) throw new Error("The witness told no size that it knows.");
  return known;
}

/** It may cosign a fork now, of what it knows no more: that is for a person to look into. */
const forgot = (before: number, known: number) =>
  new Error(
    `It forgot: it cosigned ${before} entries, and knows ${known}. Remove it and add it anew once you know why.`,
  );

/** Has a witness check that the log only grew, and cosign its newest checkpoint (https://c2sp.org/tlog-witness). */
export const sendToWitness: Send = async (input, witness, checkpoint) => {
  const { confirmedSize } = witness;
  const { size } = checkpoint;
  let old = Math.min(confirmedSize, size);
  let answer = await submit(input, witness, checkpoint, old);
  if (answer.status === 409 && readKnownSize(answer.body) !== old) {
    old = readKnownSize(answer.body);
    if (old > size) {
      throw new Contradicted(`The witness knows ${old} entries, the log has ${size}.`);
    }
    if (old < confirmedSize) throw forgot(confirmedSize, old);
    answer = await submit(input, witness, checkpoint, old);
  }
  // A conflict at the very size that it knows is one of roots.
  const hasOthers = answer.status === 409 && readKnownSize(answer.body) === old;
  if (answer.status === 422 || hasOthers) {
    throw new Contradicted("The log does not begin with the entries that the witness knows.");
  }
  if (answer.status !== 200) {
    throw new Error(refusals[answer.status] ?? `The answer was ${answer.status}.`);
  }
  if (old < confirmedSize) throw forgot(confirmedSize, old);
  return { cosignatures: await readCosignatures(checkpoint.note, answer.body, witness) };
};
