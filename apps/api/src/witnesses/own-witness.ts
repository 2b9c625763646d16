import type { Database } from "@muniment/db/database.ts";
import { readCheckpoint } from "../audit/checkpoints.ts";
import { type Cosigner, createCosigner } from "../audit/note-signer.ts";
import type { Config } from "../config.ts";
import type { Secrets } from "../secrets.ts";

type Input = { database: Database; config: Config; secrets: Secrets };

/** Where logs submit their checkpoints to this installation, https://c2sp.org/tlog-witness. */
export const submissionPrefix = ({ publicUrl }: Config) => `${publicUrl.origin}/witness`;

/**
 * This installation as a witness of other logs. Its name is that of its own log, which never changes,
 * with `/witness` in place of `/audit`.
 */
export async function ownCosigner({ database, config, secrets }: Input): Promise<Cosigner> {
  const origin = (await readCheckpoint(database.audit))?.origin ?? `${config.publicUrl.host}/audit`;
  return createCosigner(secrets.witnessSigning, origin.replace(/\/audit$/, "/witness"));
}
