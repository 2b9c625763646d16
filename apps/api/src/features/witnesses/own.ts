import { noInput } from "@muniment/shared/values.ts";
import { ownWitness } from "@muniment/shared/witnesses.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { ownCosigner, submissionPrefix } from "../../witnesses/own-witness.ts";

/** What others need to have their logs witnessed here. */
export const own = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(noInput)
  .output(ownWitness)
  .query(async ({ ctx: { deps } }) => {
    const { keys } = await ownCosigner(deps);
    return { url: submissionPrefix(deps.config), keys: keys.map(formatVerifierKey) };
  });
