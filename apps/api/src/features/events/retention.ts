import { retention as output } from "@muniment/shared/events.ts";
import { noInput } from "@muniment/shared/values.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** How long the caller's events are kept. */
export const retention = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(noInput)
  .output(output)
  .query(({ ctx: { deps, principal } }) => ({
    days: principal.retentionDays,
    instanceDays: deps.config.eventRetentionDays || null,
  }));
