import type { AuditAction } from "@muniment/shared/audit-actions.ts";
import type { PrimaryLimit } from "@muniment/shared/limits.ts";
import type { Permission } from "@muniment/shared/permissions.ts";
import { initTRPC } from "@trpc/server";
import { toAppError } from "../errors.ts";
import type { Context } from "./context.ts";

/** What each step writes of itself; `policy.test.ts` reads it as the security table. */
export type PolicyMeta = {
  limit?: PrimaryLimit;
  // One key each, because tRPC merges meta shallowly and a shared list would be replaced.
  authLimit?: true;
  codesLimit?: true;
  credentialsLimit?: true;
  signUpLimit?: true;
  mailLimit?: true;
  eventsLimit?: true;
  auth?: "anyone" | "session" | "apiKey" | "sessionOrApiKey";
  permission?: Permission;
  /** Also for whom the policy leaves nothing but setting up a second factor. */
  whileEnrolling?: true;
  recentAuthentication?: true;
  audit?: readonly AuditAction[];
  /** Whoever it shows others' data to is entered in the audit log. */
  readsOthers?: true;
  setsSession?: true;
  /** Its refusals are no attempts at anything, and leave no trace. */
  refusalsUnrecorded?: true;
  /** A user's calls take turns. */
  inTurn?: true;
  /** The input comes as the parts of a form (multipart/form-data), a file among them; never in a batch. */
  multipart?: true;
  /** Largest body in bytes; absent: 64 KiB. */
  bodyBytes?: number;
  /** The input keeps the facts of its JSON text that parsing loses. */
  exactJson?: true;
};

const t = initTRPC
  .context<Context>()
  .meta<PolicyMeta>()
  .create({
    isDev: false,
    errorFormatter({ shape, error, ctx }) {
      const known = toAppError(error);
      return {
        message: known.message,
        code: shape.code,
        data: {
          code: known.code,
          reason: known.reason,
          requestId: ctx?.request.id ?? null,
        },
      };
    },
  });

export const router = t.router;
export const procedure = t.procedure;
export const errorConfig = t._config;
