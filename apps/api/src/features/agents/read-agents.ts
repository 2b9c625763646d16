import { agents } from "@muniment/db/schema/agents.ts";
import { apiKeys } from "@muniment/db/schema/api-keys.ts";
import { agentTotals } from "@muniment/db/schema/events.ts";
import type { Agent } from "@muniment/shared/agents.ts";
import { sql } from "drizzle-orm";

type Row = Pick<
  typeof agents.$inferSelect,
  "id" | "name" | "description" | "environment" | "createdAt"
> & { lastEventAt: string | null; eventCount: string; activeKeyCount: string };

// Written out, because Drizzle leaves the table's name off where only one is selected from.
const counters = sql`${agentTotals} as c where c.user_id = ${agents}.user_id and c.agent_id = ${agents}.id`;

/** What an agent is shown with: its counters, and how many of its keys work now. */
export const agentColumns = (now: Date) => ({
  id: agents.id,
  name: agents.name,
  description: agents.description,
  environment: agents.environment,
  createdAt: agents.createdAt,
  lastEventAt: sql<string | null>`(select max(c.last_received_at) from ${counters})`,
  eventCount: sql<string>`(select coalesce(sum(c.accepted), 0) from ${counters})`,
  activeKeyCount: sql<string>`(
    select count(*) from ${apiKeys} as k
    where k.agent_id = ${agents}.id and k.user_id = ${agents}.user_id and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > ${now.toISOString()}::timestamptz))`,
});

export const toAgent = (row: Row): Agent => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  lastEventAt: row.lastEventAt === null ? null : new Date(row.lastEventAt).toISOString(),
  eventCount: Number(row.eventCount),
  activeKeyCount: Number(row.activeKeyCount),
});
