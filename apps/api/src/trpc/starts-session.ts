import type { Tx } from "@muniment/db/database.ts";
import { sessions } from "@muniment/db/schema/sessions.ts";
import type { users } from "@muniment/db/schema/users.ts";
import type { Me } from "@muniment/shared/accounts.ts";
import type { AuthenticationMethod } from "@muniment/shared/second-factors.ts";
import { eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { writeAuditEntry } from "../audit/write.ts";
import type { Config } from "../config.ts";
import { deviceCookie, sessionCookie } from "../http/cookies.ts";
import type { AsFound } from "../identity/begin-session.ts";
import { mustEnroll } from "../identity/must-enroll.ts";
import { enterScope } from "../identity/scope.ts";
import { createSession } from "../identity/sessions.ts";
import { procedure } from "./init.ts";

type Shown = Pick<typeof users.$inferSelect, "id" | "email" | "displayName" | "role" | "createdAt">;
/** `lastSignInAt` as it was before: null for a new account, which has no other device. */
type User = Shown & Pick<typeof users.$inferSelect, "lastSignInAt">;

/** A user as that user sees it. */
export const toMe = (
  config: Pick<Config, "requireMfa">,
  { id, email, displayName, role, createdAt, secondFactor }: Shown & { secondFactor: boolean },
): Me => ({
  id,
  email,
  displayName,
  role,
  createdAt: new Date(createdAt).toISOString(),
  secondFactor,
  mustEnroll: mustEnroll(config, { role, secondFactor }),
});

/**
 * The only way to a session cookie. Carrying the step makes the origin check apply to the call
 * even though it brings no cookie yet, so a foreign page cannot sign a visitor in.
 */
export const startsSession = procedure.meta({ setsSession: true }).use(function offerSession({
  ctx,
  next,
}) {
  return next({
    ctx: {
      async startSession(
        tx: Tx,
        user: User,
        methods: AuthenticationMethod[] = ["password"],
        publicId = uuidv7(),
        asFound?: AsFound,
      ) {
        const { deps, request, response } = ctx;
        const now = deps.now();
        const previous = await ctx.identify();
        const endsPrevious = previous.kind === "user" && previous.via === "browser";
        if (endsPrevious) {
          // The browser forgets its cookie for the new one, so nobody could end it any more.
          enterScope(tx, previous.userId);
          await tx.delete(sessions).where(eq(sessions.id, previous.sessionId));
          await writeAuditEntry(tx, deps.dataKeys, {
            at: now,
            principal: previous,
            request,
            action: "session.ended",
            outcome: "success",
            target: { kind: "session", id: previous.sessionPublicId },
            details: {},
          });
        }
        enterScope(tx, user.id);
        const { address, userAgent, deviceTokens } = request;
        const lifetimes = deps.config;
        const { token, endsAt, device } = await createSession(tx, user.id, {
          publicId,
          now,
          address,
          userAgent,
          lifetimes,
          methods,
          deviceTokens,
          asFound,
        });
        const isNewDevice = device.isNew && user.lastSignInAt !== null;
        if (isNewDevice && device.isNoticeDue)
          await deps.notify(tx, user.email, { kind: "new_device" }, request);
        return {
          publicId,
          /** Sets the cookie; to be called after the commit. */
          setCookie: () => {
            if (endsPrevious) deps.identities.forget();
            const seen = { address, email: user.email, userId: user.id };
            deps.sightings.note({ signal: "signed_in", ...seen });
            if (isNewDevice) deps.sightings.note({ signal: "new_device", ...seen });
            response.cookies.push(
              sessionCookie(deps.config, token, endsAt),
              deviceCookie(deps.config, device.tokens, now),
            );
          },
        };
      },
    },
  });
});
