import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const oldest = 15;

/** The folder of programs of the newest PostgreSQL that Debian's packages installed, 15 or newer. */
export function debianPostgres(root = "/usr/lib/postgresql") {
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .filter((version) => Number(version) >= oldest)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"))
    .find((directory) => existsSync(join(directory, "postgres")));
}
