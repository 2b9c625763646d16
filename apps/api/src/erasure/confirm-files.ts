import { erasures } from "@muniment/db/schema/erasures.ts";
import { storedFiles } from "@muniment/db/schema/uploads.ts";
import { and, eq, sql } from "drizzle-orm";
import { certifiedFacts, signCertificate } from "./certificate.ts";
import { type ErasureDeps, logOf } from "./erase-user.ts";

/** Signs certificates that say that files were left again, once the sweep has removed all of them. */
export async function confirmRemovedFiles(deps: ErasureDeps): Promise<void> {
  const log = await logOf(deps);
  await deps.database.transaction({}, async (tx) => {
    const waiting = sql`${erasures.facts} -> 'waiting'`;
    const removed = await tx
      .select()
      .from(erasures)
      .where(
        and(
          sql`${waiting} <> '[]'`,
          sql`not exists (select from ${storedFiles}
            where ${storedFiles.id} in (select name::uuid from jsonb_array_elements_text(${waiting}) name))`,
        ),
      )
      .for("update");
    for (const row of removed) {
      const stated = { ...certifiedFacts.parse(row.facts), waiting: [] };
      const certificate = signCertificate(
        { config: deps.config, seeds: deps.secrets.auditSigning, log },
        row,
        stated,
      );
      await tx.update(erasures).set({ facts: stated, certificate }).where(eq(erasures.id, row.id));
    }
  });
}
