import type { Me } from "@muniment/shared/accounts.ts";
import { can, type Permission } from "@muniment/shared/permissions.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { reasonOf } from "./errors.ts";
import { permissionSentences } from "./permission-sentences.ts";
import { queryClient, whenSessionLost } from "./query-client.ts";
import { trpc } from "./trpc.ts";

const meQuery = trpc.auth.me.queryOptions(undefined, { staleTime: 30_000 });

/** Thrown by a route whose page the role may not see. */
export class NotPermittedError extends Error {
  constructor(readonly permission: Permission) {
    super(permissionSentences[permission]);
  }
}

/** For `beforeLoad`: who is signed in, or a redirect to the sign-in page that comes back to `path`. */
export async function requireSession(path: string): Promise<Me> {
  try {
    return await queryClient.ensureQueryData(meQuery);
  } catch (error) {
    if (reasonOf(error) !== "not_signed_in") throw error;
    throw redirect({ to: "/sign-in", search: path === "/" ? {} : { from: path } });
  }
}

/** For `beforeLoad`: refuses a page to roles without the permission. */
export function requirePermission(me: Me, permission: Permission): void {
  if (!can(me.role, permission)) throw new NotPermittedError(permission);
}

/** Makes the answer of signing in the session of this page; whatever another person left is dropped. */
export function startSession(me: Me): void {
  queryClient.clear();
  queryClient.setQueryData(meQuery.queryKey, me);
}

/** Whether an answer of this page's life said that somebody is signed in. */
export function believedSignedIn(): boolean {
  return queryClient.getQueryData(meQuery.queryKey) !== undefined;
}

/** Loads the sign-in page as a new document, so that nothing of the person stays in memory. */
export function leave(returnPath?: string): void {
  const search = returnPath ? `?${new URLSearchParams({ from: returnPath, lost: "true" })}` : "";
  location.assign(`/sign-in${search}`);
}

/** Loads a page for people without an account as a new document, as there is no session to come back to. */
export function leaveForGood(path: string): void {
  whenSessionLost(() => {});
  location.assign(path);
}

/** The signed-in user; only on pages below the `app` route. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** Why the user may not do something, for `disabledReason`; undefined when they may. */
export function useDenial(permission: Permission): string | undefined {
  return can(useMe().role, permission) ? undefined : permissionSentences[permission];
}
