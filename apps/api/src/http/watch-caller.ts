import { rightsOf } from "../identity/principal.ts";
import type { Context } from "../trpc/context.ts";

const recheckMilliseconds = 1000;

/** Whether the credential that began an answer still holds; while the database is away nobody can say. */
async function stillHolds(ctx: Context, rights: string): Promise<boolean> {
  if (!ctx.deps.health.available) return true;
  const principal = await ctx.deps.identities.identify(ctx.request, false).catch(() => null);
  return principal === null || rightsOf(principal) === rights;
}

/**
 * Calls `end` when the caller of a long answer may have no more of it, which is looked at every second,
 * or when the server stops. Resolves to what ends the watch.
 */
export async function watchCaller(ctx: Context, end: () => void): Promise<() => void> {
  const rights = rightsOf(await ctx.identify());
  const recheck = setInterval(() => {
    void stillHolds(ctx, rights).then((holds) => {
      if (!holds) end();
    });
  }, recheckMilliseconds);
  ctx.deps.stopping.addEventListener("abort", end);
  return () => {
    clearInterval(recheck);
    ctx.deps.stopping.removeEventListener("abort", end);
  };
}
