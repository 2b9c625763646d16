import { z } from "zod";
import { boundedText, name, page, pageInput, timestamp, uuid } from "./values.ts";

export const environments = ["production", "staging", "development"] as const;
export const environment = z.enum(environments);
const description = boundedText(1000, { multiline: true });

/** Something of a user's that sends events. `lastEventAt` is the receipt of its newest batch. */
export const agent = z.strictObject({
  id: uuid,
  name: z.string(),
  description: z.string(),
  environment,
  createdAt: timestamp,
  lastEventAt: timestamp.nullable(),
  eventCount: z.number().int().min(0),
  activeKeyCount: z.number().int().min(0),
});
export type Agent = z.infer<typeof agent>;

export const createAgentInput = z.strictObject({
  name,
  description: description.optional(),
  environment: environment.optional(),
});
export const listAgentsInput = z.strictObject(pageInput).optional();
export const agentPage = page(agent);
export const agentIdInput = z.strictObject({ id: uuid });
export const updateAgentInput = z
  .strictObject({
    id: uuid,
    name: name.optional(),
    description: description.optional(),
    environment: environment.optional(),
  })
  .refine(({ id: _, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    message: "nothing to change",
  });

const count = z.number().int().min(0);
/** What became of events: sent = accepted + duplicates + rejected, always. */
const deliveryCounts = {
  batches: count,
  sent: count,
  accepted: count,
  duplicates: count,
  rejected: count,
};

/** Gaps that are shown of a sequence; `missing` counts all. */
export const shownGaps = 20;

/** What an agent has sent, with each key and together, and which of its own numbers (`seq`) have not arrived. */
export const deliveries = z.strictObject({
  total: z.strictObject(deliveryCounts),
  keys: z.array(
    z.strictObject({
      apiKeyId: uuid,
      /** Of the key, or of an import in its place; null once that is deleted. */
      name: z.string().nullable(),
      prefix: z.string().nullable(),
      lastReceivedAt: timestamp,
      ...deliveryCounts,
    }),
  ),
  /** Null while no event had a `seq`. Up to date at once. */
  sequence: z
    .strictObject({
      first: count,
      last: count,
      /** Numbers between `first` and `last` that have not arrived and may still. */
      missing: count,
      /** Numbers of gaps too old to be kept apart: at most 100 ranges are. */
      lost: count,
      /** The newest first, ends included. */
      gaps: z.array(z.strictObject({ from: count, to: count })).max(shownGaps),
    })
    .nullable(),
});
export type Deliveries = z.infer<typeof deliveries>;
