import { witnesses } from "@muniment/db/schema/witnesses.ts";
import { can } from "@muniment/shared/permissions.ts";
import { listWitnessesInput, witnessPage } from "@muniment/shared/witnesses.ts";
import { desc } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toWitness, toWitnessInPart } from "./read-witnesses.ts";

/** Places outside the database that checkpoints of the audit log go to, newest first. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(listWitnessesInput)
  .output(witnessPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const page = keysetPage(deps, "witnesses", input);
    const rows = await deps.database
      .reads({})
      .select()
      .from(witnesses)
      .where(page.after(witnesses.createdAt, witnesses.id))
      .orderBy(desc(witnesses.createdAt), desc(witnesses.id))
      .limit(page.fetch);
    const toWitnessAsSeen = can(principal.role, "witnesses:write") ? toWitness : toWitnessInPart;
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toWitnessAsSeen);
  });
