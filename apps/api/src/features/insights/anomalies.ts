import {
  type Anomaly,
  anomaliesInput,
  anomalyBounds,
  anomalyPage,
} from "@muniment/shared/insights.ts";
import { AppError } from "../../errors.ts";
import { keysetPage } from "../../paging.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { findIncidentsInTurns, type Incident, keyOf } from "./incidents.ts";

const hour = 3_600_000;
const day = 24 * hour;

const iso = (hours: number) => new Date(hours * hour).toISOString();

function toAnomaly({ start, end, at, score, ...rest }: Incident): Anomaly {
  return {
    ...rest,
    start: iso(start),
    end: iso(end),
    at: iso(at),
    score: Math.round(score * 10) / 10,
  };
}

/** The whole hours that are judged: of the last seven days, where nothing else is asked for. */
function judged(now: number, { from, to }: { from?: string | undefined; to?: string | undefined }) {
  const end = Math.min(to === undefined ? now : Date.parse(to), now);
  const last = Math.floor(end / hour);
  const first =
    from === undefined
      ? last - anomalyBounds.days * 24
      : Math.min(Math.floor(Date.parse(from) / hour), last);
  if ((last - first) * hour > anomalyBounds.maxDays * day || first < 0) {
    throw new AppError("invalid_range", `At most ${anomalyBounds.maxDays} days can be looked at.`);
  }
  return { first, last };
}

/** When the caller's events were more or fewer than usual, by agent and type, newest first. */
export const anomalies = limited("model")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(anomaliesInput)
  .output(anomalyPage)
  .query(async ({ ctx: { deps, principal }, input = {} }) => {
    const { agentId, type } = input;
    const { first, last } = judged(deps.now().getTime(), input);
    const asked = await deps.eventQueries.ask(principal, {
      query: agentId === undefined ? "" : `agent:${agentId}`,
      from: iso(first - anomalyBounds.historyDays * 24),
      to: iso(last),
    });
    const { firstHour, series } = await deps.eventQueries.hourlyCounts(
      principal.userId,
      asked,
      anomalyBounds.maxSeries,
    );
    // Of all types first: whether one is new depends on the others.
    const all = await findIncidentsInTurns(series, firstHour, Math.max(first, firstHour));
    const found = all.filter((one) => type === undefined || one.type === type);
    const page = keysetPage(deps, `anomalies:${principal.userId}`, input);
    const [at = "", id = ""] = page.position ?? [];
    const isBehind = (one: Incident) =>
      iso(one.start) < at || (iso(one.start) === at && keyOf(one) > id);
    return page.cut(
      page.position ? found.filter(isBehind) : found,
      (one) => ({ at: new Date(one.start * hour), id: keyOf(one) }),
      toAnomaly,
    );
  });
