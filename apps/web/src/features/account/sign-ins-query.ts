import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

export const signInsQuery = () =>
  trpc.account.signIns.infiniteQueryOptions({ limit: 10 }, byCursor);
