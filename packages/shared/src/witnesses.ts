import { z } from "zod";
import { email } from "./email-address.ts";
import { page, pageInput, timestamp, uuid } from "./values.ts";

/** Places outside the database that checkpoints go to. Only a `witness` looks at what it is sent. */
export const witnessKinds = ["witness", "webhook", "email", "bucket", "file"] as const;
export type WitnessKind = (typeof witnessKinds)[number];

/** How often one gets the newest checkpoint, if there is a new one. */
export const defaultEverySeconds = {
  witness: 10,
  webhook: 60,
  email: 86_400,
  bucket: 60,
  file: 1,
} as const satisfies Record<WitnessKind, number>;

export const maxWitnesses = 20;
export const maxWitnessedLogs = 100;

const size = z.number().int().min(0);
const target = z.string().min(1).max(2048);
/** `<name>+<hex id>+<base64>`, https://c2sp.org/signed-note. */
const key = z.string().min(1).max(1024);
/** Bucket and folder in the path, of characters that no store spells in another way. */
const bucketUrl = target.regex(
  /^https?:\/\/[^/]+\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w.-]*[\w-])*$/,
  "must be <endpoint>/<bucket> or <endpoint>/<bucket>/<folder>, without a slash at its end",
);
const everySeconds = z.number().int().min(1).max(604_800);

export const witness = z.strictObject({
  id: uuid,
  kind: z.enum(witnessKinds),
  /** A path, a URL or an address, as the kind has it; of a URL the origin alone without `witnesses:write`. */
  target: z.string(),
  /** What its cosignatures are verified with; null where it makes none. */
  key: z.string().nullable(),
  /** For how many days a bucket is asked to lock each checkpoint; null where it is not asked. */
  retainDays: z.number().int().nullable(),
  everySeconds: z.number().int(),
  createdAt: timestamp,
  /** The largest size of the log that arrived there. */
  confirmedSize: size,
  confirmedAt: timestamp.nullable(),
  /** Since when nothing has arrived; null while it does. */
  failingSince: timestamp.nullable(),
  problem: z.string().nullable(),
  /** What is kept there is not what the log says of itself. */
  contradicts: z.boolean(),
});
export type Witness = z.infer<typeof witness>;

export const witnessPage = page(witness);
export const listWitnessesInput = z.strictObject(pageInput).optional();
export const witnessIdInput = z.strictObject({ id: uuid });

/** A file is a setting of the server, not of an account. */
export const addWitnessInput = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("witness"),
    /** The submission prefix, https://c2sp.org/tlog-witness. */
    target,
    key,
    everySeconds: everySeconds.optional(),
  }),
  z.strictObject({ kind: z.literal("webhook"), target, everySeconds: everySeconds.optional() }),
  z.strictObject({
    kind: z.literal("email"),
    target: email,
    everySeconds: everySeconds.min(3600).optional(),
  }),
  z.strictObject({
    kind: z.literal("bucket"),
    target: bucketUrl,
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .optional(),
    accessKeyId: z.string().min(1).max(256),
    secretAccessKey: z.string().min(1).max(256),
    /** Has the store lock each checkpoint for so many days (S3 Object Lock, compliance mode). */
    retainDays: z.number().int().min(1).max(36_500).optional(),
    everySeconds: everySeconds.optional(),
  }),
]);
export type AddWitnessInput = z.infer<typeof addWitnessInput>;

/** `secret` signs what a webhook is sent, and is shown this once; null for others. */
export const addedWitness = witness.extend({ secret: z.string().nullable() });

/**
 * What an attacker would have to do beside rewriting the database: nothing but steal the signing key
 * (`detecting`), make checkpoints disappear elsewhere (`evident`), or deceive who checked them (`witnessed`).
 */
export const assuranceLevels = ["detecting", "evident", "witnessed"] as const;
export type AssuranceLevel = (typeof assuranceLevels)[number];

export const assurance = z.strictObject({
  level: z.enum(assuranceLevels),
  /** Entries of the log. */
  size,
  /** Entries before this index are kept outside; from it on nothing outside confirms any. */
  evidentTo: size,
  /** Entries before this index were checked and cosigned by a witness. */
  witnessedTo: size,
  /** Witnesses that contradict the log. */
  contradictions: z.number().int().min(0),
});
export type Assurance = z.infer<typeof assurance>;

/** A checkpoint of the log with the keys of who cosigned it. */
export const pastCheckpoint = z.strictObject({
  size,
  rootHash: z.string(),
  at: timestamp,
  /** With its cosignatures, as a signed note. */
  note: z.string(),
  cosignedBy: z.array(z.string()),
});
export type PastCheckpoint = z.infer<typeof pastCheckpoint>;
export const checkpointsInput = z
  .strictObject({ cosigned: z.boolean().optional(), ...pageInput })
  .optional();
export const checkpointPage = page(pastCheckpoint);

/** A log of somebody else's that this installation is a witness of. */
export const witnessedLog = z.strictObject({
  id: uuid,
  origin: z.string(),
  keys: z.array(z.string()),
  createdAt: timestamp,
  size,
  cosignedAt: timestamp.nullable(),
});
export type WitnessedLog = z.infer<typeof witnessedLog>;
export const witnessedLogPage = page(witnessedLog);
export const listWitnessedLogsInput = z.strictObject(pageInput).optional();
export const addWitnessedLogInput = z.strictObject({ keys: z.array(key).min(1).max(10) });
export const witnessedLogIdInput = z.strictObject({ id: uuid });

/** This installation as a witness of others. */
export const ownWitness = z.strictObject({
  /** The submission prefix. */
  url: z.string(),
  keys: z.array(z.string()),
});
