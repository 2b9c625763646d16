import { agents } from "@muniment/db/schema/agents.ts";
import { eventImports } from "@muniment/db/schema/event-imports.ts";
import { users } from "@muniment/db/schema/users.ts";
import { createImportInput, eventImport } from "@muniment/shared/imports.ts";
import { and, count, eq, inArray } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { toImport } from "./read-imports.ts";

const underWay = 2;

/** Announces a file of events for an agent; its bytes follow, in parts, to `/api/v1/imports/<id>`. */
export const create = limited("general")
  .concat(signedIn)
  .concat(permission("events:write"))
  .concat(recentlyAuthenticated)
  .input(createImportInput)
  .concat(audited("events.imported"))
  .output(eventImport)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { userId } = principal;
    const { agentId, name, format, sizeBytes, columns = {}, type, allowIncomplete } = input;
    const most = deps.config.importMaxBytes;
    if (sizeBytes > most) {
      throw new AppError("body_too_large", `A file may have at most ${most} bytes.`);
    }
    const [agent] = await tx
      .select({ name: agents.name })
      .from(agents)
      .where(and(eq(agents.id, agentId), eq(agents.userId, userId)));
    if (!agent) throw new AppError("not_found", "There is no such agent.");
    // One after another, or many together could all be the second.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("no key update");
    const [others] = await tx
      .select({ count: count() })
      .from(eventImports)
      .where(
        and(
          eq(eventImports.userId, userId),
          inArray(eventImports.status, ["receiving", "queued", "running"]),
        ),
      );
    if ((others?.count ?? 0) >= underWay) {
      throw new AppError("too_many", `There are ${underWay} imports under way already.`);
    }
    const now = deps.now();
    const [row] = await tx
      .insert(eventImports)
      .values({
        id: uuidv7(),
        userId,
        agentId,
        name,
        format,
        columns,
        type: type ?? null,
        allowIncomplete: allowIncomplete ?? false,
        status: "receiving",
        sizeBytes,
        createdAt: now,
        updatedAt: now,
      })
      .returning();
    if (!row) throw new Error("the import was not stored");
    await audit({ target: { kind: "import", id: row.id }, details: { agentId, format } });
    return toImport(row);
  });
