import { setTimeout as sleep } from "node:timers/promises";
import { indexUser } from "../src/features/events/index-events.ts";
import type { TestServer } from "./harness.ts";

/** Sums up all that a user sent; another transaction that runs may hold that back for a moment. */
export async function indexAll(server: TestServer, userId: string): Promise<void> {
  for (const from = performance.now(); performance.now() - from < 60_000; ) {
    await indexUser(server.deps.database, userId, null, 1);
    const [row] = await server.owner`
      select not exists (
        select from receipts r left join event_index i using (user_id) where user_id = ${userId}
          and ((r.commit_xid, r.position) > (i.commit_xid, i.position)) is not false
      ) as done`;
    if (row?.done) return;
    await sleep(20);
  }
  throw new Error("the index does not come to an end");
}
