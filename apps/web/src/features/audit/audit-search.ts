import { auditActionNames } from "@muniment/shared/audit-actions.ts";
import { type AuditDimension, auditDimensions, auditOutcome } from "@muniment/shared/audit-log.ts";
import { timeInput, uuid } from "@muniment/shared/values.ts";
import { z } from "zod";
import { auditedByCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

export const ranges = [
  { value: "24h", label: "Last 24 hours", milliseconds: 86_400_000 },
  { value: "7d", label: "Last 7 days", milliseconds: 7 * 86_400_000 },
  { value: "30d", label: "Last 30 days", milliseconds: 30 * 86_400_000 },
] as const;

/** What the address of the page holds; what does not fit is ignored. */
export const auditSearch = z.object({
  actions: z.array(z.enum(auditActionNames)).min(1).max(50).optional().catch(undefined),
  outcomes: z.array(auditOutcome).min(1).max(3).optional().catch(undefined),
  actorId: uuid.optional().catch(undefined),
  targetId: z.string().min(1).max(128).optional().catch(undefined),
  range: z
    .enum(ranges.map(({ value }) => value))
    .optional()
    .catch(undefined),
  from: timeInput.optional().catch(undefined),
  to: timeInput.optional().catch(undefined),
  /** What the colours of the chart stand for. */
  by: z.enum(auditDimensions).optional().catch(undefined),
  /** The entry whose details are open. */
  entry: uuid.optional().catch(undefined),
});
export type AuditSearch = z.infer<typeof auditSearch>;
export type AuditFilters = Omit<AuditSearch, "entry" | "by">;

/** The API's input for the filters; a relative range ends now (milliseconds) and starts on a full minute. */
export function auditInput({ range, ...filters }: AuditFilters, now: number) {
  const length = ranges.find(({ value }) => value === range)?.milliseconds;
  if (length === undefined) return filters;
  const from = Math.floor((now - length) / 60_000) * 60_000;
  return { ...filters, from: new Date(from).toISOString(), to: undefined };
}

export type AuditInput = ReturnType<typeof auditInput>;

const chartedMilliseconds = 30 * 86_400_000;

/**
 * What the chart counts at a time (milliseconds): at most 30 days where no start is chosen, because to
 * count a whole log can take longer than a statement may. Null where the range holds no time.
 */
export function chartedInput(
  input: AuditInput,
  now: number,
): { input: AuditInput; period: string | null } | null {
  const end = input.to === undefined ? now : Date.parse(input.to);
  if (input.from !== undefined) {
    return Date.parse(input.from) < end ? { input, period: null } : null;
  }
  const from = Math.floor((end - chartedMilliseconds) / 60_000) * 60_000;
  return {
    input: { ...input, from: new Date(from).toISOString() },
    period: input.to === undefined ? "in the last 30 days" : "in the 30 days before",
  };
}

export const auditTimelineQuery = (input: AuditInput, by?: AuditDimension) =>
  trpc.audit.timeseries.queryOptions({ ...input, by });

export const auditQuery = (input: AuditInput) =>
  trpc.audit.search.infiniteQueryOptions(input, auditedByCursor);
