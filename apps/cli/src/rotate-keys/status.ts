import { readCheckpoint } from "@muniment/api/audit/checkpoints.ts";
import { createCosigner, createNoteSigner } from "@muniment/api/audit/note-signer.ts";
import type { SecretName } from "@muniment/api/config.ts";
import {
  type Dependent,
  findDependents,
  type RingUse,
} from "@muniment/api/key-rotation/dependents.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { exitCodes, type Io } from "../command.ts";
import type { Installation } from "../installation.ts";
import { overOwner, sourceOf } from "./over-owner.ts";

/** One thing that depends on older elements, for people. */
export const sentence = ({ what, count, remedy }: Dependent) =>
  `  ${count === null ? "" : `${count} `}${what}: ${remedy}`;

export const notInUse =
  "  no server has started with the newest element yet: restart it (all of several nodes)";

function textOf(name: SecretName, elements: number, from: string, use: RingUse): string[] {
  const since = use.newestInUseSince
    ? `, the newest in use since ${use.newestInUseSince.toISOString()}`
    : "";
  const head = `${name}: ${elements} ${elements === 1 ? "element" : "elements"} of ${from}${since}`;
  if (use.newestInUseSince === null) return [head, notInUse];
  if (elements === 1) return [head];
  if (use.dependents.length === 0) return [head, "  nothing depends on the older: --retire"];
  return [head, ...use.dependents.map(sentence)];
}

/** The public keys that others know this log and this witness by, newest first. */
async function publicKeys(installation: Installation, origin: string) {
  const { auditSigning, witnessSigning } = installation.secrets;
  const witness = origin.replace(/\/audit$/, "/witness");
  return {
    log: createNoteSigner(auditSigning, origin).keys.map(formatVerifierKey),
    witness: createCosigner(witnessSigning, witness).keys.map(formatVerifierKey),
  };
}

/** Says of each ring what depends on its older elements. */
export async function showStatus(
  installation: Installation,
  { names, json }: { names: readonly SecretName[]; json: boolean },
  io: Io,
): Promise<number> {
  const { config, secrets, given, rings } = installation;
  const { uses, origin } = await overOwner(installation, async (sql) => ({
    uses: await findDependents(sql, { config, secrets, now: new Date() }),
    origin: (await readCheckpoint(sql))?.origin ?? "",
  }));
  const keys = await publicKeys(installation, origin);
  const all = names.map((name) => ({
    name,
    elements: rings[name].length,
    from: sourceOf(given[name]),
    ...uses[name],
  }));
  if (json) {
    io.stdout.write(`${JSON.stringify({ rings: all, publicKeys: keys })}\n`);
    return exitCodes.ok;
  }
  const lines = all.flatMap(({ name, elements, from, ...use }) =>
    textOf(name, elements, from, use),
  );
  if (names.includes("AUDIT_SIGNING_KEY") && rings.AUDIT_SIGNING_KEY.length > 1) {
    lines.push(...keys.log.map((key) => `  log key: ${key}`));
    lines.push(...keys.witness.map((key) => `  witness key: ${key}`));
  }
  io.stdout.write(`${lines.join("\n")}\n`);
  return exitCodes.ok;
}
