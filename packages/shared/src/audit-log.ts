import { z } from "zod";
import { auditActionNames } from "./audit-actions.ts";
import { calendarTimeInput, page, pageInput, searchText, timestamp, uuid } from "./values.ts";

export const auditOutcomes = ["success", "refused", "failed"] as const;
export const auditOutcome = z.enum(auditOutcomes);

/** Who acted: a user, an API key of one, nobody known, or the system itself. `label` is a personal field. */
export const auditActor = z.strictObject({
  kind: z.enum(["user", "apiKey", "anonymous", "system"]),
  id: uuid.nullable(),
  label: z.string().nullable(),
});

/** What was acted on. */
export const auditTarget = z.strictObject({
  kind: z.string(),
  id: z.string().nullable(),
  label: z.string().nullable(),
});

/** One line of the audit log. `index` is null until the entry has been sealed into the log. */
export const auditEntry = z.strictObject({
  id: uuid,
  index: z.number().int().nullable(),
  at: timestamp,
  actor: auditActor,
  action: z.string(),
  target: auditTarget.nullable(),
  outcome: auditOutcome,
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof auditEntry>;

export const searchAuditInput = z
  .strictObject({
    actions: z.array(z.enum(auditActionNames)).min(1).max(50).optional(),
    outcomes: z.array(auditOutcome).min(1).max(3).optional(),
    actorId: uuid.optional(),
    targetId: searchText(128).optional(),
    from: calendarTimeInput.optional(),
    to: calendarTimeInput.optional(),
    ...pageInput,
  })
  .optional();
export const auditPage = page(auditEntry);
export const auditIdInput = z.strictObject({ id: uuid });
