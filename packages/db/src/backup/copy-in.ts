import type { Writable } from "node:stream";
import type postgres from "postgres";
import { BackupProblem } from "./problem.ts";

/** One `COPY ... FROM STDIN` under way. */
export type CopyIn = {
  write(data: Uint8Array): Promise<void>;
  /** @throws where PostgreSQL did not take what was written */
  end(): Promise<void>;
};

export async function openCopyIn(sql: postgres.TransactionSql, statement: string): Promise<CopyIn> {
  const stream: Writable = await sql.unsafe(statement).writable();
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure = error;
  });
  return {
    // One after another, so that nothing waits any more when it is ended.
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => (error ? reject(failure ?? error) : resolve()));
      }),
    async end() {
      stream.end();
      // The driver tells nobody what PostgreSQL refuses at the end: it refuses the next statement, too.
      await sql`select`.catch((cause: Error) => {
        throw failure ?? new BackupProblem("the database did not take a table", { cause });
      });
    },
  };
}
