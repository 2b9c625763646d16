import { auditLookup } from "@muniment/db/schema/audit.ts";
import { users } from "@muniment/db/schema/users.ts";
import {
  type AuditTimeseries,
  auditTimeseriesInput,
  auditTimeseries as output,
} from "@muniment/shared/audit-log.ts";
import { uuid } from "@muniment/shared/values.ts";
import { inArray, min } from "drizzle-orm";
import type { Seen } from "../../audit/reads.ts";
import type { Deps } from "../../deps.ts";
import { bucketsOf } from "../../time-buckets.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { type TimeseriesRow, timeseriesStatement } from "./timeseries-statement.ts";

/** When the oldest entry was made; null where there is none. */
async function oldest({ database }: Pick<Deps, "database">): Promise<Date | null> {
  const [row] = await database
    .searches({})
    .select({ at: min(auditLookup.at) })
    .from(auditLookup);
  return row?.at ?? null;
}

function toBuckets(starts: number[], rows: TimeseriesRow[]): AuditTimeseries["buckets"] {
  const buckets = new Map(
    starts.map((start) => [start, { count: 0, by: new Map<string, number>() }]),
  );
  for (const { start, value, count } of rows) {
    const bucket = buckets.get(new Date(start).getTime());
    if (!bucket) throw new Error("an entry lies outside the range that was asked for");
    bucket.count += Number(count);
    bucket.by.set(value, Number(count));
  }
  return [...buckets].map(([start, { count, by }]) => ({
    start: new Date(start).toISOString(),
    count,
    by: Object.fromEntries(by),
  }));
}

/** The people among the ids that were asked for. */
async function readPeople({ database }: Pick<Deps, "database">, ids: string[]): Promise<Seen[]> {
  if (ids.length === 0) return [];
  const { id, email: label } = users;
  return database.reads({}).select({ id, label }).from(users).where(inArray(id, ids));
}

/** How many entries of the log lie in each interval of a range, by how they ended or what they are about. */
export const timeseries = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .concat(inTurn)
  .concat(readsOthers)
  .input(auditTimeseriesInput)
  .output(output)
  .query(async ({ ctx: { deps, saw }, input = {} }) => {
    const { interval: chosen, by = "outcome", ...filters } = input;
    // What came within the present millisecond belongs to it.
    const to = filters.to ? new Date(filters.to) : new Date(deps.now().getTime() + 1);
    const first = filters.from ? new Date(filters.from) : ((await oldest(deps)) ?? to);
    const from = filters.from || first < to ? first : to;
    const { interval, step, starts } = bucketsOf(from.getTime(), to.getTime(), chosen);
    const range = { from: from.toISOString(), to: to.toISOString() };
    const rows = await deps.database
      .searches({})
      .execute<TimeseriesRow>(timeseriesStatement({ ...filters, ...range }, step, by));
    const asked = [filters.actorId, filters.targetId].flatMap((id) =>
      id !== undefined && uuid.safeParse(id).success ? [id] : [],
    );
    const people = await readPeople(deps, asked);
    saw(people, "audit_log");
    return { interval, buckets: toBuckets(starts, rows) };
  });
