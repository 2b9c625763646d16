import { agents } from "@muniment/db/schema/agents.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { agentCounters } from "@muniment/db/schema/events.ts";
import type { Agent } from "@muniment/shared/agents.ts";
import { sql } from "drizzle-orm";

type Row = Pick<
  typeof agents.$inferSelect,
  "id" | "name" | "description" | "environment" | "createdAt"
> & { lastEventAt: string | null; eventCount: string; activeKeyCount: string };

/** What an agent is shown with: its counters, and how many of its keys work now. */
export const agentColumns = (now: Date) => ({
  id: agents.id,
  name: agents.name,
  description: agents.description,
  environment: agents.environment,
  createdAt: agents.createdAt,
  lastEventAt: sql<string | null>`(
    select max(${agentCounters.lastReceivedAt}) from ${agentCounters}
    where ${agentCounters.userId} = ${agents.userId} and ${agentCounters.agentId} = ${agents.id})`,
  eventCount: sql<string>`(
    select coalesce(sum(${agentCounters.accepted}), 0) from ${agentCounters}
    where ${agentCounters.userId} = ${agents.userId} and ${agentCounters.agentId} = ${agents.id})`,
  activeKeyCount: sql<string>`(
    select count(*) from ${apiKeys}
    where ${apiKeys.agentId} = ${agents.id} and ${apiKeys.revokedAt} is null
      and (${apiKeys.expiresAt} is null or ${apiKeys.expiresAt} > ${now.toISOString()}::timestamptz))`,
});

export const toAgent = (row: Row): Agent => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  lastEventAt: row.lastEventAt === null ? null : new Date(row.lastEventAt).toISOString(),
  eventCount: Number(row.eventCount),
  activeKeyCount: Number(row.activeKeyCount),
});
