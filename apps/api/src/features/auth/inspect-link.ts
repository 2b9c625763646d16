import { inspectLinkInput, linkedAccount } from "@muniment/shared/accounts.ts";
import { minimumCodePoints } from "@muniment/shared/passwords.ts";
import { findUser } from "../../identity/find-user.ts";
import { findLinkToken } from "../../identity/link-token.ts";
import { wrongLink } from "../../identity/linked-account.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";

/**
 * Says to whoever holds a link that sets a password for whom it is, and by which rules, so that the
 * page can judge what is typed as the server will. Changes nothing; a mutation, because a token does
 * not belong into an address.
 */
export const inspectLink = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .input(inspectLinkInput)
  .output(linkedAccount)
  .mutation(async ({ ctx: { deps }, input: { purpose, token } }) => {
    const { database, now } = deps;
    const link = await findLinkToken(database, purpose, token, now());
    if (!link?.userId || link.email === null) throw wrongLink();
    const [user] = await findUser(database, link.userId);
    if (!user || user.disabledAt || (purpose === "password_reset" && link.email !== user.email))
      throw wrongLink();
    return {
      email: link.email,
      displayName: user.displayName,
      minimumCodePoints: minimumCodePoints(user.secondFactorAt !== null),
    };
  });
