import { auditedByCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

export const usersQuery = (text: string | undefined) =>
  trpc.users.list.infiniteQueryOptions(text ? { text } : {}, auditedByCursor);
