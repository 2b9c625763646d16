import { cancelMfaInput } from "@muniment/shared/second-factors.ts";
import { z } from "zod";
import { challengeOver, endChallenge } from "../../identity/challenges.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";

/** Gives a half-done sign-in up: its challenge is worth nothing any more. */
export const cancelMfa = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .input(cancelMfaInput)
  .concat(audited("sign_in.cancelled"))
  .output(z.strictObject({}))
  .mutation(async ({ ctx: { tx, audit }, input }) => {
    const ended = await endChallenge(tx, "second_factor", input.challenge);
    if (!ended?.userId) throw challengeOver();
    await audit({ target: { kind: "user", id: ended.userId } });
    return {};
  });
