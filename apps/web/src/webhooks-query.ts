import { byCursor } from "./paging.ts";
import { trpc } from "./trpc.ts";

export const webhooksQuery = () => trpc.webhooks.list.infiniteQueryOptions({}, byCursor);
