import { trpc } from "../../trpc.ts";

export const retentionQuery = () => trpc.events.retention.queryOptions();
