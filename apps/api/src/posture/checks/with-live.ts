import { type Finding, skip } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { LiveDatabase } from "../gather/live-database.ts";

const startFirst = "Run this beside the running server.";

/** A check that needs the database to answer and to hold Muniment's tables. */
export function withLive(judge: (database: LiveDatabase, facts: Facts) => Finding) {
  return (facts: Facts): Finding => {
    const { live } = facts.database;
    if ("problem" in live) return skip(live.problem, startFirst);
    if (!live.database.migrated) return skip("Muniment has never been started on it", startFirst);
    return judge(live.database, facts);
  };
}
