import { getTableColumns, getTableName } from "drizzle-orm";
import { accountDeclarations } from "./accounts.ts";
import type { Declaration } from "./declare.ts";
import { eventDeclarations } from "./events.ts";
import { evidenceDeclarations } from "./evidence.ts";
import { noticeDeclarations } from "./notices.ts";
import { retentions } from "./retention.ts";

/** Every table, with why it is there, on which basis, and how long it is kept. */
export const declarations: readonly Declaration[] = [
  ...accountDeclarations,
  ...eventDeclarations,
  ...noticeDeclarations,
  ...evidenceDeclarations,
];

/** The record of processing as people read it. */
export const recordOfProcessing = declarations.map(
  ({ table, purpose, basis, kept, owner, columns }) => ({
    table: getTableName(table),
    purpose,
    basis,
    retention: retentions[kept].text,
    personal: owner !== null || basis !== "not personal data",
    columns: Object.entries(getTableColumns(table)).map(([property, { name }]) => {
      const declared = columns[property] ?? "";
      return typeof declared === "string"
        ? { name, purpose: declared, withheld: null }
        : { name, ...declared };
    }),
  }),
);
