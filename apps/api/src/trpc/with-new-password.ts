import { newPassword } from "@muniment/shared/accounts.ts";
import { z } from "zod";
import { hashPassword } from "../identity/password.ts";
import { procedure } from "./init.ts";

/**
 * Hashes the `password` of the input before the audited transaction opens, so that no transaction
 * waits for argon2.
 */
export const withNewPassword = procedure
  .input(z.object({ password: newPassword }))
  .use(async function hashNewPassword({ ctx, next, input }) {
    const hashed = await hashPassword(input.password, ctx.deps.config.argon2);
    return next({ ctx: { passwordHash: hashed } });
  });
