import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { openDatabase } from "@muniment/db/database.ts";
import type { AuditAction } from "@muniment/shared/audit-actions.ts";
import { createDataKeys } from "../audit/data-keys.ts";
import { writeAuditEntry } from "../audit/write.ts";
import { createEncryption } from "../encryption.ts";
import type { Secrets } from "../secrets.ts";
import type { Manifest } from "./manifest.ts";

/** Rows of all tables. */
export const rowsOf = ({ sections }: Manifest) =>
  sections.reduce((sum, { rows }) => sum + (rows ?? 0), 0);

/** Enters in the audit log what was done from the machine of the server. */
export async function recordAct(
  owner: ConnectionFacts,
  secrets: Secrets,
  action: Extract<AuditAction, `backup.${string}` | "database.moved">,
  details: Record<string, unknown>,
): Promise<void> {
  const database = openDatabase({ app: owner, ingest: owner });
  try {
    const dataKeys = createDataKeys(
      database.raw,
      createEncryption(secrets.encryption),
      secrets.emailHashes,
    );
    await database.transaction({}, (tx) =>
      writeAuditEntry(tx, dataKeys, {
        at: new Date(),
        principal: { kind: "anonymous" },
        action,
        outcome: "success",
        target: null,
        details,
      }),
    );
  } finally {
    await database.close();
  }
}
