import type { Query } from "@muniment/db/statements.ts";
import { maxSubjects } from "@muniment/shared/audit-actions.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import type { RequestFacts } from "../trpc/context.ts";
import type { Folding } from "./folding.ts";

/** A person whose data an answer showed; `label` is the address of the account. */
export type Seen = { id: string; label?: string };

/** Whose data was shown: these people's, or anybody's who had an account then. */
export type Shown = readonly Seen[] | "everyone";

/** What an answer about several people, or about none of an account, was taken from. */
export type SeenList = "users" | "audit_log" | "invitations";

/** How the details of an entry tell whose data was shown: by their ids, as far as one entry can hold them. */
export function namedIn(shown: Shown): { subjects?: string[]; everyone?: true } {
  if (shown === "everyone" || shown.length > maxSubjects) return { everyone: true };
  return shown.length > 0 ? { subjects: shown.map(({ id }) => id).sort() } : {};
}

/** Whose data a reader was shown beside their own, each once. */
export function subjectsOf(shown: Shown, readerId: string): Shown {
  if (shown === "everyone") return shown;
  const others = shown.filter(({ id }) => id !== readerId);
  return [...new Map(others.map((one) => [one.id, one])).values()];
}

/** Of more entries than this nobody looks for the people: what is shown is everyone's. */
const maxLookedThrough = 10_000;

/** The users whom the entries of a range of the log tell of, as who acted, also by an API key, or who was acted on. */
export async function peopleOfRange(sql: Query, from: number, to: number): Promise<Shown> {
  if (to - from > maxLookedThrough) return "everyone";
  const rows = await sql`
    with told as (
      select e.* from audit_leaves l join audit_entries e on e.id = l.entry_id
      where l.index >= ${from} and l.index < ${to}
    )
    select actor_id::text as id from told where actor_kind = 'user' and actor_id is not null
    union select user_id::text
      from api_key_owners(array(select actor_id from told where actor_kind = 'apiKey'))
    union select target_id from told where target_kind = 'user' and target_id is not null`;
  return rows.map(({ id }) => ({ id }));
}

/**
 * Notes that somebody read other people's data, one entry per minute for the same reader, procedure
 * and people: of one person as its target, of more in its details. One's own data leaves no trace.
 */
export function recordReads(
  folding: Folding,
  at: Date,
  principal: UserPrincipal,
  request: RequestFacts,
  procedure: string,
  { shown, list }: { shown: Shown; list: SeenList },
): void {
  const reader = `${principal.userId} ${request.address}`;
  const entry = { at, principal, request, action: "data.read", outcome: "success" } as const;
  const others = subjectsOf(shown, principal.userId);
  if (others.length === 0 && list === "users") return;
  const [one] = others.length === 1 ? others : [];
  const named = typeof one === "object" ? {} : namedIn(others);
  const target = typeof one === "object" ? { kind: "user", ...one } : { kind: list, id: null };
  folding.note({
    entry: { ...entry, target },
    caller: `${reader} ${target.kind} ${target.id} ${JSON.stringify(named)}`,
    procedure,
    reason: "read",
    details: { procedure, ...named },
    // The reader is told even then, and whoever may have been seen.
    crowded: {
      entry: { ...entry, target: { kind: list, id: null } },
      caller: `${reader} ${list} crowded`,
      details: { procedure, everyone: true },
    },
  });
}
