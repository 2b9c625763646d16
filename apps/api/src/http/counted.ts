import { clientKey } from "../limits/client-key.ts";
import type { Context } from "../trpc/context.ts";
import { refuseOver } from "../trpc/limited.ts";

/**
 * Counts a request that names no procedure against its address, because no chain will, and answers
 * the error it gets.
 * @throws AppError `rate_limited` when there were too many
 */
export async function counted<E>(ctx: Context, error: E): Promise<E> {
  const key = clientKey(ctx.request.address);
  refuseOver(ctx, await ctx.deps.limits.consume("general_address", key));
  return error;
}
