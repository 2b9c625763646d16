import type { LimitName, PrimaryLimit } from "@muniment/shared/limits.ts";
import { AppError } from "../../errors.ts";
import type { PolicyMeta } from "../../trpc/init.ts";

/** What counts most calls of a procedure of each class, by callers who may make them. */
const mainLimit: Record<PrimaryLimit, LimitName> = {
  general: "general_user",
  model: "model",
  upload: "upload",
  ingest: "ingest_calls",
};

/**
 * The limit that an administrator means: the one that is named, else what mainly counts the procedure.
 * @throws AppError `invalid_input` where neither is named, or there is no such procedure
 */
export function meantLimit(
  { class: named, procedure }: { class?: LimitName | undefined; procedure?: string | undefined },
  policyOf: (path: string) => PolicyMeta | undefined,
): LimitName {
  if (named) return named;
  const meta = procedure ? policyOf(procedure) : undefined;
  if (!meta?.limit) throw new AppError("invalid_input", "Name a class, or a procedure.");
  const isForAnyone = meta.limit === "general" && meta.auth === "anyone";
  return isForAnyone ? "general_address" : mainLimit[meta.limit];
}
