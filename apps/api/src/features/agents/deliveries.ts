import { agents } from "@muniment/db/schema/agents.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { eventImports } from "@muniment/db/schema/event-imports.ts";
import { agentCounterChanges, agentSequences, agentTotals } from "@muniment/db/schema/events.ts";
import { agentIdInput, deliveries } from "@muniment/shared/agents.ts";
import { and, asc, eq, sql } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toSequence } from "./sequence.ts";

/** What became of all that an agent sent, by key, and the gaps in its own numbering. */
export const getDeliveries = limited("general")
  .concat(signedIn)
  .concat(permission("agents:read"))
  .input(agentIdInput)
  .output(deliveries)
  .query(async ({ ctx: { deps, principal }, input: { id } }) => {
    const { userId } = principal;
    const reads = deps.database.reads({ userId });
    const [known] = await reads
      .select({ id: agents.id })
      .from(agents)
      .where(and(eq(agents.id, id), eq(agents.userId, userId)));
    if (!known) throw new AppError("not_found", "There is no such agent.");
    const rows = await reads
      .select({
        apiKeyId: agentTotals.apiKeyId,
        // What an import brought is counted under its id.
        name: sql<string | null>`coalesce(${apiKeys.name}, ${eventImports.name})`,
        prefix: apiKeys.prefix,
        batches: agentTotals.batches,
        sent: agentTotals.sent,
        accepted: agentTotals.accepted,
        duplicates: agentTotals.duplicates,
        rejected: agentTotals.rejected,
        lastReceivedAt: agentTotals.lastReceivedAt,
      })
      .from(agentTotals)
      .leftJoin(apiKeys, and(eq(apiKeys.id, agentTotals.apiKeyId), eq(apiKeys.userId, userId)))
      .leftJoin(
        eventImports,
        and(eq(eventImports.id, agentTotals.apiKeyId), eq(eventImports.userId, userId)),
      )
      .where(and(eq(agentTotals.userId, userId), eq(agentTotals.agentId, id)))
      .orderBy(asc(agentTotals.apiKeyId));
    // With what is not folded yet, so that no gap waits for that.
    const seen = await reads.execute<{ from: string; to: string; lost: string }>(sql`
      select lower(r)::text as "from", upper(r)::text as "to", lost::text as lost
      from (
        select coalesce(range_agg(seen), '{}') as seen, coalesce(sum(lost), 0) as lost from (
          select ${agentSequences.seen} as seen, ${agentSequences.lost} as lost from ${agentSequences}
          where ${agentSequences.userId} = ${userId} and ${agentSequences.agentId} = ${id}
          union all
          select ${agentCounterChanges.seqs}, 0 from ${agentCounterChanges}
          where ${agentCounterChanges.userId} = ${userId} and ${agentCounterChanges.agentId} = ${id}
        ) as parts
      ) as known, unnest(seen) as r order by r`);
    const sum = (of: "batches" | "sent" | "accepted" | "duplicates" | "rejected") =>
      rows.reduce((total, row) => total + row[of], 0);
    return {
      total: {
        batches: sum("batches"),
        sent: sum("sent"),
        accepted: sum("accepted"),
        duplicates: sum("duplicates"),
        rejected: sum("rejected"),
      },
      keys: rows.map((row) => ({ ...row, lastReceivedAt: row.lastReceivedAt.toISOString() })),
      sequence: toSequence(
        seen.map(({ from, to }) => ({ from: Number(from), to: Number(to) })),
        Number(seen[0]?.lost ?? 0),
      ),
    };
  });
