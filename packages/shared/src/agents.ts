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
