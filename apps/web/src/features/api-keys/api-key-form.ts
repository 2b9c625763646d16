import { createApiKeyInput } from "@muniment/shared/api-keys.ts";
import { z } from "zod";

/** How long a new key lives, in days; null for a key without an end. */
export const lifetimes = [
  { value: "30", label: "30 days", days: 30 },
  { value: "90", label: "90 days", days: 90 },
  { value: "365", label: "1 year", days: 365 },
  { value: "never", label: "Never", days: null },
] as const;

const { name, scopes, allowedCidrs, eventTypes, origins } = createApiKeyInput.shape;

/** A text of lines, each of which must pass `schema`; the message names the first that does not. */
function linesOf(schema: z.ZodArray<z.ZodType<string>>, message: string) {
  return z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((line) => line !== ""))
    .superRefine((lines, context) => {
      const wrong = lines.find((line) => !schema.element.safeParse(line).success);
      if (wrong !== undefined) context.addIssue(`${wrong} ${message}`);
      else if (!schema.safeParse(lines).success) context.addIssue("too many lines");
    });
}

/** The dialog's fields as typed, checked by the schemas of the API's input. */
export const apiKeyForm = z
  .object({
    name,
    scopes,
    lifetime: z.enum(lifetimes.map(({ value }) => value)),
    allowedCidrs: linesOf(allowedCidrs.unwrap(), "is not an address or CIDR range"),
    eventTypes: linesOf(eventTypes.unwrap(), "is not an event type or prefix.*"),
    origins: linesOf(origins.unwrap(), "is not an origin such as https://www.example.com"),
  })
  .refine(
    ({ scopes, origins }) =>
      origins.length === 0 || scopes.every((scope) => scope === "events:write"),
    { path: ["scopes"], error: "A key for web pages may only send events: everybody can read it." },
  );

/** The moment a key made at `now` (milliseconds) ends. */
export function expiryOf(lifetime: (typeof lifetimes)[number]["value"], now: number) {
  const days = lifetimes.find(({ value }) => value === lifetime)?.days ?? null;
  return days === null ? null : new Date(now + days * 86_400_000).toISOString();
}
