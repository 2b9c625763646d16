import type { Database } from "@muniment/db/database.ts";
import type { witnesses } from "@muniment/db/schema/witnesses.ts";
import type { SignedCheckpoint } from "../audit/checkpoints.ts";
import type { Config } from "../config.ts";
import type { Egress } from "../egress/egress.ts";
import type { Encryption } from "../encryption.ts";
import type { Mailer } from "../mailer.ts";

export type Witness = typeof witnesses.$inferSelect;

/** What the secret of a place is encrypted for. */
export const placeOfWitnessSecret = (id: string) => `witnesses.secret:${id}`;

export type DeliverInput = {
  database: Database;
  egress: Egress;
  encryption: Encryption;
  mailer: Mailer;
  config: Config;
  now: () => Date;
  /** Verifies the log's own notes. @throws where none of its keys signed one */
  openOwn: (note: string) => Promise<{ size: number; root: Uint8Array }>;
};

export type SendInput = DeliverInput & {
  /** @throws where the time that the place was taken for is over, and another node may send to it */
  requireLease: () => void;
};

/** What became of sending a checkpoint to a place. */
export type Sent = {
  /** What a witness signed of it, a line each. */
  cosignatures?: { key: string; line: string; at: Date }[];
};

export type Send = (
  input: SendInput,
  witness: Witness,
  checkpoint: SignedCheckpoint,
) => Promise<Sent>;

/** What is kept at the place is not what the log says of itself; the message says how. */
export class Contradicted extends Error {}
