import { eventImports } from "@muniment/db/schema/event-imports.ts";
import { importSilenceSeconds } from "@muniment/shared/imports.ts";
import { and, eq, inArray } from "drizzle-orm";
import { z } from "zod";
import { enterScope } from "../../identity/scope.ts";
import { importQueue } from "../../job-queues.ts";
import type { Jobs } from "../../jobs.ts";
import { deletePieces } from "./pieces.ts";
import { type Importer, runImport } from "./run-import.ts";

const payload = z.strictObject({ userId: z.uuid(), importId: z.uuid() });
const day = 86_400_000;
/** How long an import waits that found no room for some seconds, as often as it finds none. */
const overloadSeconds = 15;

/** A file that no process has gone on with for so long, though its job did not fail: longer than a server is down. */
const lostMilliseconds = day;

export function defineImportJobs(deps: Importer & { jobs: Jobs }): void {
  const { jobs, database, now } = deps;
  jobs.define(
    importQueue,
    async (given) => {
      const { userId, importId } = payload.parse(given);
      const next = await runImport(deps, userId, importId);
      if (next === "done") return;
      // A job of its own each time, so that neither costs one of the attempts.
      const options = next === "later" ? { delaySeconds: overloadSeconds } : {};
      await database.transaction({ userId }, (tx) =>
        jobs.enqueue(tx, importQueue, { userId, importId }, options),
      );
    },
    "transfers",
    async (tx, given) => {
      const { userId, importId } = payload.parse(given);
      enterScope(tx, userId);
      await tx
        .update(eventImports)
        .set({ status: "failed", error: "The server could not finish it.", updatedAt: now() })
        .where(
          and(eq(eventImports.id, importId), inArray(eventImports.status, ["queued", "running"])),
        );
      await deletePieces(tx, importId);
    },
  );
  const before = (milliseconds: number) => new Date(now().getTime() - milliseconds).toISOString();
  jobs.every("give-up-imports", 300, async () => {
    const [silent, lost] = [before(importSilenceSeconds * 1000), before(lostMilliseconds)];
    await database.raw`select give_up_imports(${silent}::text::timestamptz, ${lost}::text::timestamptz)`;
  });
  jobs.every("delete-old-imports", 3600, async () => {
    await database.raw`select delete_old_imports(${before(90 * day)}::text::timestamptz)`;
  });
}
