import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

export const sessionsQuery = () => trpc.sessions.list.infiniteQueryOptions({}, byCursor);
