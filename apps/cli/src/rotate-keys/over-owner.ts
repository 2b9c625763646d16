import { connect } from "@muniment/db/connection.ts";
import type { Installation } from "../installation.ts";

type Sql = ReturnType<typeof connect>;

/** Runs `act` over a connection as the database's owner. */
export async function overOwner<T>(
  { owner }: Installation,
  act: (sql: Sql) => Promise<T>,
): Promise<T> {
  const sql = connect(owner, { max: 1, applicationName: "muniment-rotate-keys" });
  try {
    return await act(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** Where a ring comes from. */
export const sourceOf = (given: readonly string[]) =>
  given.length > 0 ? ("environment" as const) : ("keyring.json" as const);
