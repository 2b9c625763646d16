import { witnessedLogs } from "@muniment/db/schema/witnesses.ts";
import { listWitnessedLogsInput, witnessedLogPage } from "@muniment/shared/witnesses.ts";
import { desc } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toWitnessedLog } from "./read-witnesses.ts";

/** Logs of others that this installation is a witness of, newest first. */
export const logs = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(listWitnessedLogsInput)
  .output(witnessedLogPage)
  .query(async ({ ctx: { deps }, input }) => {
    const page = keysetPage(deps, "witnessed-logs", input);
    const rows = await deps.database
      .reads({})
      .select()
      .from(witnessedLogs)
      .where(page.after(witnessedLogs.createdAt, witnessedLogs.id))
      .orderBy(desc(witnessedLogs.createdAt), desc(witnessedLogs.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toWitnessedLog);
  });
