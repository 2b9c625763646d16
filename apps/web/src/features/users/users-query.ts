import type { Role } from "@muniment/shared/permissions.ts";
import type { User } from "@muniment/shared/users.ts";
import { auditedByCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** What the list of users is narrowed by. */
export type UserFilters = {
  text?: string | undefined;
  status?: User["status"] | undefined;
  role?: Role | undefined;
};

export const usersQuery = (filters: UserFilters) =>
  trpc.users.list.infiniteQueryOptions(filters, auditedByCursor);

export const userSessionsQuery = (id: string) =>
  trpc.users.sessions.infiniteQueryOptions({ id }, auditedByCursor);

export const invitationsQuery = () =>
  trpc.users.invitations.infiniteQueryOptions({}, auditedByCursor);
