import { toBase64 } from "@muniment/verify/base64.ts";
import type { PersonalData } from "@muniment/verify/leaf.ts";
import type postgres from "postgres";
import { type OpenedPersonal, readable } from "./sealed-personal.ts";

type Party = { kind: string; id: string | null; label: string | null };

/** An entry as it is exported: all that can be read of it, with its place and its leaf hash. */
export type ExportedEntry = {
  index: number;
  id: string;
  at: string;
  actor: Party;
  action: string;
  target: Party | null;
  outcome: string;
  address: string | null;
  userAgent: string | null;
  requestId: string | null;
  details: Record<string, unknown>;
  leafHash: string;
};

/** From a row of `audit_entries` joined with its leaf; of who was erased ids are left. */
export function toExported(row: postgres.Row, opened: OpenedPersonal | undefined): ExportedEntry {
  const actor: PersonalData | null = readable(opened?.actor);
  const target: PersonalData | null = readable(opened?.target);
  return {
    index: Number(row.index),
    id: row.id,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, label: actor?.label ?? null },
    action: row.action,
    target:
      row.target_kind === null
        ? null
        : { kind: row.target_kind, id: row.target_id, label: target?.label ?? null },
    outcome: row.outcome,
    address: actor?.address ?? null,
    userAgent: actor?.userAgent ?? null,
    requestId: row.request_id,
    details: row.details,
    leafHash: toBase64(row.hash),
  };
}

const columns: Record<string, (entry: ExportedEntry) => string | number | null> = {
  index: ({ index }) => index,
  id: ({ id }) => id,
  at: ({ at }) => at,
  actorKind: ({ actor }) => actor.kind,
  actorId: ({ actor }) => actor.id,
  actor: ({ actor }) => actor.label,
  action: ({ action }) => action,
  targetKind: ({ target }) => target?.kind ?? null,
  targetId: ({ target }) => target?.id ?? null,
  target: ({ target }) => target?.label ?? null,
  outcome: ({ outcome }) => outcome,
  address: ({ address }) => address,
  userAgent: ({ userAgent }) => userAgent,
  requestId: ({ requestId }) => requestId,
  details: ({ details }) => JSON.stringify(details),
  leafHash: ({ leafHash }) => leafHash,
};

export const csvHeader = `${Object.keys(columns).join(",")}\n`;

/**
 * A cell of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe, as does what
 * already begins with one before it, so that the apostrophe can be told apart.
 */
function cell(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  const safe = /^'*[=+@\t\r\n-]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export const csvLine = (entry: ExportedEntry): string =>
  `${Object.values(columns)
    .map((read) => cell(read(entry)))
    .join(",")}\n`;

export const ndjsonLine = (entry: ExportedEntry): string => `${JSON.stringify(entry)}\n`;
