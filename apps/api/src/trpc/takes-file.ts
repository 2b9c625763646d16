import type { Principal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

/** For procedures whose input is a form with a file: few at a time are read and held in memory. */
export const takesFile = procedure.meta({ multipart: true }).use(async function takeSlot({
  ctx,
  next,
}) {
  const { deps, principal } = ctx as Context & { principal?: Principal };
  if (principal?.kind !== "user") throw new Error("nobody's file");
  return deps.uploadSlots.use(principal.userId, () => next());
});
