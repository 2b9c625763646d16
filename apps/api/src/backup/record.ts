import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";
import type { Query } from "@muniment/db/statements.ts";
import type { AuditAction } from "@muniment/shared/audit-actions.ts";
import { toAuditRow } from "../audit/write.ts";
import type { Manifest } from "./manifest.ts";

/** Rows of all tables. */
export const rowsOf = ({ sections }: Manifest) =>
  sections.reduce((sum, { rows }) => sum + (rows ?? 0), 0);

/** Enters in the audit log what was done from the machine of the server, under an id of its own or a given one; nothing of it is personal. */
export async function recordAct(
  sql: Query,
  action: Extract<AuditAction, `backup.${string}` | "database.moved">,
  details: Record<string, unknown>,
  id?: string,
): Promise<void> {
  const { row } = toAuditRow({
    at: new Date(),
    principal: { kind: "anonymous" },
    action,
    outcome: "success",
    target: null,
    details,
  });
  await sql`
    insert into audit_entries (id, at, actor_kind, action, outcome, details, personal)
    values (${id ?? row.id}, ${row.at.toISOString()}::text::timestamptz, ${row.actorKind}, ${row.action},
      ${row.outcome}, ${JSON.stringify(row.details)}::text::jsonb, '{}')`;
}

/** Enters a backup, over the owner's connection. */
export async function recordBackup(
  owner: ConnectionFacts,
  details: { rows: number; bytes: number; encrypted: boolean },
): Promise<void> {
  const sql = connect(owner, { max: 1, applicationName: "muniment-backup" });
  try {
    await recordAct(sql, "backup.created", details);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
