import { modelInfo as output } from "@muniment/shared/insights.ts";
import { noInput } from "@muniment/shared/values.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** Which model would answer a question, so that people know where their events go before they ask. */
export const model = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(noInput)
  .output(output)
  .query(({ ctx: { deps } }) => {
    const { model: configured } = deps.config;
    if (!configured) return { model: null };
    return { model: { name: configured.name, host: new URL(configured.baseUrl).host } };
  });
