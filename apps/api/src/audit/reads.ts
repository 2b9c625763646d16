import type { UserPrincipal } from "../identity/principal.ts";
import type { RequestFacts } from "../trpc/context.ts";
import type { Folding } from "./folding.ts";

/** A person whose data an answer showed; `label` is the address of the account. */
export type Seen = { id: string; label?: string };

/** Lists that are not about people of an account each. */
export type SeenList = "audit_log" | "invitations";

/** An answer about more people than this is one entry, not one for each. */
const maxEach = 20;

/**
 * Notes that somebody read other people's data: one entry per minute for the same reader, procedure
 * and person. One's own data leaves no trace.
 */
export function recordReads(
  folding: Folding,
  at: Date,
  principal: UserPrincipal,
  request: RequestFacts,
  procedure: string,
  seen: readonly Seen[] | SeenList,
): void {
  const note = (target: { kind: string; id: string | null; label?: string }) =>
    folding.note({
      entry: { at, principal, request, action: "data.read", outcome: "success", target },
      caller: `${principal.userId} ${request.address} ${target.kind} ${target.id}`,
      procedure,
      reason: "read",
      details: { procedure },
    });
  if (typeof seen === "string") {
    note({ kind: seen, id: null });
    return;
  }
  const others = new Map(
    seen.filter(({ id }) => id !== principal.userId).map((one) => [one.id, one]),
  );
  if (others.size > maxEach) note({ kind: "users", id: null });
  else for (const one of others.values()) note({ kind: "user", ...one });
}
