import { eventExports } from "@muniment/db/schema/event-exports.ts";
import { createExportInput, eventExport } from "@muniment/shared/exports.ts";
import { v7 as uuidv7 } from "uuid";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { toExport } from "./read-exports.ts";

/** Allows one export, to be fetched at once from `/api/v1/exports/<id>`; what occurred later is not in it. */
export const create = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .concat(recentlyAuthenticated)
  .input(createExportInput)
  .use(async function checkQuestion({ ctx, input: { query, from, to }, next }) {
    const { eventQueries } = ctx.deps;
    const agents = await eventQueries.agentsNamed(ctx.principal.userId, query ?? "");
    await eventQueries.ask(ctx.principal, { query, from, to }, { agents });
    return next({ ctx: { agents } });
  })
  .concat(audited("events.exported"))
  .output(eventExport)
  .mutation(async ({ ctx: { deps, tx, audit, principal, agents }, input }) => {
    const now = deps.now();
    const [row] = await tx
      .insert(eventExports)
      .values({
        id: uuidv7(),
        userId: principal.userId,
        format: input.format,
        query: input.query ?? "",
        agents,
        from: input.from === undefined ? null : new Date(input.from),
        to: input.to === undefined ? now : new Date(input.to),
        status: "waiting",
        createdAt: now,
        updatedAt: now,
      })
      .returning();
    if (!row) throw new Error("the export was not stored");
    await audit({ target: { kind: "export", id: row.id }, details: { format: input.format } });
    return toExport(row, now);
  });
