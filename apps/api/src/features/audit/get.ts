import { auditLeaves, auditLog } from "@muniment/db/schema/audit.ts";
import { auditEntry, auditIdInput } from "@muniment/shared/audit-log.ts";
import { eq, getViewSelectedFields } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { peopleIn, toAuditEntry } from "./read-audit.ts";

export const get = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .concat(readsOthers)
  .input(auditIdInput)
  .output(auditEntry)
  .query(async ({ ctx: { deps, saw }, input }) => {
    const { database } = deps;
    const [row] = await database
      .reads({})
      .select({ ...getViewSelectedFields(auditLog), index: auditLeaves.index })
      .from(auditLog)
      .leftJoin(auditLeaves, eq(auditLeaves.entryId, auditLog.id))
      .where(eq(auditLog.id, input.id));
    if (!row) throw new AppError("not_found", "There is no such audit entry.");
    const [opened] = await deps.dataKeys.open([row]);
    const entry = toAuditEntry(row, opened, row.index);
    saw(await peopleIn(database, [entry]), "audit_log");
    return entry;
  });
