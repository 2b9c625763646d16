import { type ConnectionFacts, connect } from "@muniment/db/connection.ts";

/**
 * Ends the sign-ins of programs no later than `lifetimeSeconds` after they began, also those that began
 * when that was longer. As the owner, who alone sees everybody's.
 */
export async function shortenFamilies(
  owner: ConnectionFacts,
  lifetimeSeconds: number,
): Promise<void> {
  const sql = connect(owner, { max: 1, applicationName: "muniment-families" });
  try {
    await sql`
      update sessions set expires_at = created_at + make_interval(secs => ${lifetimeSeconds})
      where kind = 'token' and expires_at > created_at + make_interval(secs => ${lifetimeSeconds})`;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
