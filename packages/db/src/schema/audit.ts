import { auditOutcomes } from "@muniment/shared/audit-log.ts";
import type { PersonalData } from "@muniment/verify/leaf.ts";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  pgView,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, id, time, xid8 } from "./columns.ts";

/**
 * Personal data of an entry, apart from the rest and apart by person, so that one's can be made
 * unreadable without touching the entry or another's.
 */
export type AuditPersonal = {
  actor?: StoredPersonal;
  target?: StoredPersonal;
  /** In place of the two where they are under one key. */
  both?: SealedPersonal;
};

/**
 * Encrypted under a row of `data_keys`, for the entry `of`; without it for the entry that it stands in.
 * The salts are not in it, but for entries of before there was `of`.
 */
export type SealedPersonal = { key: string; sealed: string; of?: string };

/** Entries of before there were keys hold it plainly until sealed. */
export type StoredPersonal = SealedPersonal | PersonalData;

/** What entries are found by, besides whose data an answer showed. */
const sought = () => ({
  at: time("at").notNull(),
  actorKind: text("actor_kind", { enum: ["user", "apiKey", "anonymous", "system"] }).notNull(),
  actorId: uuid("actor_id"),
  action: text("action").notNull(),
  targetKind: text("target_kind"),
  targetId: text("target_id"),
  outcome: text("outcome", { enum: auditOutcomes }).notNull(),
});

/** Whose data an answer showed that showed several people's, or that it may have shown anybody's. */
const shown = () => ({
  subjects: jsonb("subjects").$type<string[]>(),
  everyone: boolean("everyone").notNull(),
});

const columns = () => ({
  id: id(),
  ...sought(),
  requestId: text("request_id"),
  details: jsonb("details").$type<Record<string, unknown>>().notNull(),
  personal: jsonb("personal").$type<AuditPersonal>().notNull(),
});

/** What the log commits to of the personal data; stays when the data goes. */
const commitments = () => ({
  actorCommitment: bytes("actor_commitment"),
  targetCommitment: bytes("target_commitment"),
});

/**
 * The entries, in no order yet. `xact` finds those that were committed since a look; all other searches go
 * by `audit_leaves`, so that a change pays for no index but this (docs/adr/0073-the-sealer-writes-what-entries-are-found-by.md).
 * The application may insert and read, never update or delete (see the grants), as in all tables of the log.
 */
export const auditEntries = pgTable(
  "audit_entries",
  {
    ...columns(),
    ...commitments(),
    xact: xid8("xact").notNull().default(sql`pg_current_xact_id()`),
  },
  (table) => [index("audit_entries_xact_idx").on(table.xact)],
);

/**
 * The order of the log, contiguous from 0, with the leaf hash (RFC 6962) of each entry; and a copy of
 * what it is found by, which is no evidence but compared with the entry by who verifies the log.
 */
export const auditLeaves = pgTable(
  "audit_leaves",
  {
    index: bigint("index", { mode: "number" }).primaryKey(),
    entryId: uuid("entry_id").notNull(),
    hash: bytes("hash").notNull(),
    ...sought(),
    ...shown(),
  },
  (table) => [
    uniqueIndex("audit_leaves_entry_key").on(table.entryId),
    index("audit_leaves_at_idx").on(table.at, table.entryId),
    index("audit_leaves_action_idx").on(table.action, table.at, table.entryId),
    index("audit_leaves_actor_idx").on(table.actorId, table.at, table.entryId),
    index("audit_leaves_target_idx").on(table.targetId, table.at, table.entryId),
    index("audit_leaves_subjects_idx")
      .using("gin", sql`${table.subjects} jsonb_path_ops`)
      .where(sql`${table.subjects} is not null`),
    index("audit_leaves_everyone_idx").on(table.at, table.entryId).where(sql`${table.everyone}`),
  ],
);

/** The hash of each complete subtree of 256 ** `level` leaves: the tiles above the first. */
export const auditSubtrees = pgTable(
  "audit_subtrees",
  {
    level: smallint("level").notNull(),
    index: bigint("index", { mode: "number" }).notNull(),
    hash: bytes("hash").notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
);

/**
 * Every checkpoint that was signed, as a signed note. All entries of transactions below `settled`
 * are in it, as far as the server is the one that `cluster` names.
 */
export const auditCheckpoints = pgTable("audit_checkpoints", {
  size: bigint("size", { mode: "number" }).primaryKey(),
  note: text("note").notNull(),
  at: time("at").notNull(),
  settled: xid8("settled").notNull(),
  cluster: text("cluster").notNull(),
});

/**
 * Refusals of the running minute, counted per (caller, procedure, reason).
 * When the minute is over each row becomes one audit entry.
 */
export const auditRefusals = pgTable(
  "audit_refusals",
  {
    ...columns(),
    ...commitments(),
    minute: time("minute").notNull(),
    caller: text("caller").notNull(),
    procedure: text("procedure").notNull(),
    reason: text("reason").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [
    uniqueIndex("audit_refusals_key").on(table.minute, table.caller, table.procedure, table.reason),
  ],
);

/** Entries and the running minute's refusals, as readers see them; to be asked by id, as `auditLookup` finds it. */
export const auditLog = pgView("audit_log", {
  ...columns(),
  ...commitments(),
}).as(sql`
  select id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id, details, personal,
    actor_commitment, target_commitment
  from audit_entries
  union all
  select id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id,
    details || jsonb_build_object('count', count), personal, actor_commitment, target_commitment
  from audit_refusals
`);

/**
 * What entries and the running minute's refusals are found by; those that wait for their place have no
 * index. `unsealed_audit_entries` of the migrations finds these.
 */
export const auditLookup = pgView("audit_lookup", {
  index: bigint("index", { mode: "number" }),
  id: id(),
  ...sought(),
  ...shown(),
}).as(sql`
  select index, entry_id as id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, subjects, everyone
  from audit_leaves
  union all
  select null::bigint, id, at, actor_kind, actor_id, action, target_kind, target_id, outcome,
    details -> 'subjects', (details -> 'everyone') is not null
  from unsealed_audit_entries()
  union all
  select null::bigint, id, at, actor_kind, actor_id, action, target_kind, target_id, outcome,
    details -> 'subjects', (details -> 'everyone') is not null
  from audit_refusals
`);
