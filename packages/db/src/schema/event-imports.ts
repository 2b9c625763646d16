import { exportFormats } from "@muniment/shared/exports.ts";
import { type ImportField, importStatuses } from "@muniment/shared/imports.ts";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { agents } from "./agents.ts";
import { bytes, id, time } from "./columns.ts";
import { users } from "./users.ts";

const amount = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);

/** Files of events that users brought in: how far each came, and what became of its lines. */
export const eventImports = pgTable(
  "event_imports",
  {
    id: id(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    agentId: uuid("agent_id")
      .notNull()
      .references(() => agents.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    format: text("format", { enum: exportFormats }).notNull(),
    columns: jsonb("columns").$type<Partial<Record<ImportField, string>>>().notNull(),
    type: text("type"),
    allowIncomplete: boolean("allow_incomplete").notNull(),
    status: text("status", { enum: importStatuses }).notNull(),
    sizeBytes: amount("size_bytes"),
    receivedBytes: amount("received_bytes"),
    /** Where the lines end and the last line of an export begins, once the file was read. */
    bodyBytes: bigint("body_bytes", { mode: "number" }),
    sha256: text("sha256"),
    /** How many lines the last line of an export promises. */
    promisedRows: bigint("promised_rows", { mode: "number" }),
    doneBytes: amount("done_bytes"),
    /** What the next line's number and id depend on. */
    place: jsonb("place").$type<{ line: number; chain: string; time: number; run: number }>(),
    sent: amount("sent"),
    accepted: amount("accepted"),
    duplicates: amount("duplicates"),
    rejected: amount("rejected"),
    error: text("error"),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [
    index("event_imports_user_id_idx").on(table.userId, table.createdAt, table.id),
    index("event_imports_agent_id_idx").on(table.agentId),
    index("event_imports_updated_at_idx").on(table.updatedAt),
  ],
);

/** The bytes of a file until it is imported, each piece compressed, and encrypted under a key of its user's. */
export const eventImportPieces = pgTable(
  "event_import_pieces",
  {
    userId: uuid("user_id").notNull(),
    importId: uuid("import_id")
      .notNull()
      .references(() => eventImports.id, { onDelete: "cascade" }),
    /** Where it begins in the file. */
    start: bigint("start", { mode: "number" }).notNull(),
    size: integer("size").notNull(),
    sealed: bytes("sealed").notNull(),
  },
  (table) => [primaryKey({ columns: [table.importId, table.start] })],
);

/** The lines of a file that were refused, and why. */
export const eventImportRejects = pgTable(
  "event_import_rejects",
  {
    userId: uuid("user_id").notNull(),
    importId: uuid("import_id")
      .notNull()
      .references(() => eventImports.id, { onDelete: "cascade" }),
    line: bigint("line", { mode: "number" }).notNull(),
    reason: text("reason").notNull(),
    message: text("message").notNull(),
  },
  (table) => [primaryKey({ columns: [table.importId, table.line] })],
);
