import { type Check, fail, pass, warn } from "../check.ts";
import { withLive } from "./with-live.ts";

const oldest = 150_000;
const longestWithoutBackupDays = 7;

/** A setting that must have one of the given values. */
function setting(id: string, title: string, name: string, good: string[], why: string): Check {
  return {
    id: `database.${id}`,
    title,
    group: "database",
    run: withLive(({ settings }) => {
      const value = settings[name] ?? "hidden";
      if (good.includes(value)) return pass(`${name} is ${value}`);
      return fail(`${name} is ${value}: ${why}`, `Set ${name} to ${good[0]}, as a superuser.`);
    }),
  };
}

export const databaseServerChecks: Check[] = [
  {
    id: "backups.recent",
    title: "There is a backup of this week",
    group: "database",
    run: withLive(({ lastBackupAt }, { now }) => {
      const remedy =
        "Run muniment backup on a schedule (docs/backups.md), unless PostgreSQL is backed up by other tools.";
      if (lastBackupAt === null) return warn("muniment backup has never made one", remedy);
      const days = Math.floor((now.getTime() - lastBackupAt.getTime()) / 86_400_000);
      const detail = `the last was made ${lastBackupAt.toISOString().slice(0, 10)}`;
      return days <= longestWithoutBackupDays ? pass(detail) : warn(detail, remedy);
    }),
  },
  {
    id: "database.version",
    title: "PostgreSQL is recent enough",
    group: "database",
    run: withLive(({ version }) => {
      const shown = `${Math.floor(version / 10_000)}.${version % 10_000}`;
      return version >= oldest
        ? pass(shown)
        : fail(`${shown} is below 15`, "Upgrade to a PostgreSQL that still gets fixes.");
    }),
  },
  setting(
    "fsync",
    "Commits reach the disk",
    "fsync",
    ["on"],
    "acknowledged events are lost when the machine fails",
  ),
  setting(
    "full-page-writes",
    "A torn page cannot corrupt the database",
    "full_page_writes",
    ["on"],
    "a power failure can corrupt the database",
  ),
  setting(
    "synchronous-commit",
    "An acknowledged event is durable",
    "synchronous_commit",
    ["on", "remote_apply", "remote_write", "local"],
    "acknowledged events are lost when the server fails",
  ),
  setting(
    "password-encryption",
    "New database passwords are stored as SCRAM",
    "password_encryption",
    ["scram-sha-256"],
    "md5 hashes are as good as passwords to whoever reads them",
  ),
  {
    id: "database.checksums",
    title: "Silent corruption is noticed",
    group: "database",
    run: withLive(({ settings }) =>
      settings.data_checksums === "on"
        ? pass("data checksums are on")
        : warn(
            "data checksums are off",
            "Stop the server and run pg_checksums --enable on its data directory.",
          ),
    ),
  },
  {
    id: "database.statement-log",
    title: "The database's log does not repeat what people send",
    group: "database",
    run: withLive(({ settings }) => {
      const wrong = [
        ...(["mod", "all"].includes(settings.log_statement ?? "")
          ? [`log_statement is ${settings.log_statement}`]
          : []),
        ...(Number(settings.log_min_duration_statement) >= 0
          ? [`log_min_duration_statement is ${settings.log_min_duration_statement}`]
          : []),
      ];
      return wrong.length === 0
        ? pass("statements are not logged")
        : warn(
            `${wrong.join("; ")}: events and addresses end up in its log`,
            "Set log_statement to none and log_min_duration_statement to -1.",
          );
    }),
  },
];
