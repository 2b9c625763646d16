import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

export const agentsQuery = () => trpc.agents.list.infiniteQueryOptions({}, byCursor);
