import { z } from "zod";
import { role } from "./accounts.ts";
import { page, pageInput, timestamp, uuid } from "./values.ts";

/** Something that somebody else did with an account or its data, as the account's owner is shown it. */
export const access = z.strictObject({
  id: uuid,
  at: timestamp,
  /** What was done, as the audit log has it; `data.read` where it was only looked at. */
  action: z.string(),
  /** Where it was looked at. */
  procedure: z.string().nullable(),
  /** How often within the minute. */
  count: z.number().int().min(1),
  /** Who it was; null where that account is gone. */
  by: z.strictObject({ displayName: z.string(), role }).nullable(),
});
export type Access = z.infer<typeof access>;

export const listAccessesInput = z.strictObject(pageInput).optional();
export const accessPage = page(access);
