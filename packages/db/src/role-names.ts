import { createHash } from "node:crypto";

/** What PostgreSQL keeps of a name, in bytes. */
const longest = 63;
const longestSuffix = "_ingest_group";

/** The start of a name, whole characters only, in at most `bytes` bytes. */
function cut(name: string, bytes: number): string {
  let kept = name;
  while (Buffer.byteLength(kept) > bytes) kept = Array.from(kept).slice(0, -1).join("");
  return kept;
}

/** A long name ends in a hash of itself, so that no two databases share a role. */
function stemOf(database: string): string {
  const room = longest - longestSuffix.length;
  if (Buffer.byteLength(database) <= room) return database;
  const hash = createHash("sha256").update(database).digest("hex").slice(0, 8);
  return `${cut(database, room - 9)}_${hash}`;
}

/**
 * The roles of one database. Roles belong to the whole server, so their names carry the database's.
 * The groups hold the privileges; the logins are members of them.
 */
export function roleNames(database: string) {
  const stem = stemOf(database);
  return {
    app: `${stem}_app`,
    ingest: `${stem}_ingest`,
    appGroup: `${stem}_app_group`,
    ingestGroup: `${stem}_ingest_group`,
  };
}
export type RoleNames = ReturnType<typeof roleNames>;
