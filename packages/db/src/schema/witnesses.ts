import { witnessKinds } from "@muniment/shared/witnesses.ts";
import {
  bigint,
  boolean,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";

/**
 * Where checkpoints of the audit log are sent to, outside of the database. `secret` is encrypted for
 * `witnesses.secret:<id>`.
 */
export const witnesses = pgTable(
  "witnesses",
  {
    id: id(),
    kind: text("kind", { enum: witnessKinds }).notNull(),
    /** A path, a URL or an address, as the kind has it. */
    target: text("target").notNull(),
    /** What its cosignatures are verified with. */
    key: text("key"),
    secret: text("secret"),
    /** How a bucket is called, beside the secret part of its key. */
    bucket: jsonb("bucket").$type<{
      region: string;
      accessKeyId: string;
      retainDays: number | null;
    }>(),
    everySeconds: integer("every_seconds").notNull(),
    createdAt: time("created_at").notNull(),
    /** The largest size that arrived there: what is smaller is refused, and shown as a problem. */
    confirmedSize: bigint("confirmed_size", { mode: "number" }).notNull().default(0),
    confirmedAt: time("confirmed_at"),
    failures: integer("failures").notNull().default(0),
    failingSince: time("failing_since"),
    problem: text("problem"),
    /** What is kept there is not what the log says of itself. */
    contradicts: boolean("contradicts").notNull().default(false),
    nextAttemptAt: time("next_attempt_at").notNull(),
    lockedUntil: time("locked_until"),
  },
  (table) => [uniqueIndex("witnesses_target_key").on(table.kind, table.target)],
);

/** What witnesses signed of the log's checkpoints (https://c2sp.org/tlog-cosignature). Insert only. */
export const auditCosignatures = pgTable(
  "audit_cosignatures",
  {
    size: bigint("size", { mode: "number" }).notNull(),
    key: text("key").notNull(),
    /** The signature's line of a signed note, with its line feed. */
    line: text("line").notNull(),
    at: time("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.size, table.key] })],
);

/** Logs of others that this installation is a witness of, with the largest checkpoint it cosigned. */
export const witnessedLogs = pgTable(
  "witnessed_logs",
  {
    id: id(),
    origin: text("origin").notNull(),
    /** Verifier keys of the log. */
    keys: jsonb("keys").$type<string[]>().notNull(),
    createdAt: time("created_at").notNull(),
    size: bigint("size", { mode: "number" }).notNull().default(0),
    /** That checkpoint with the log's signature and the cosignatures; null before the first. */
    note: text("note"),
    cosignedAt: time("cosigned_at"),
  },
  (table) => [uniqueIndex("witnessed_logs_origin_key").on(table.origin)],
);
