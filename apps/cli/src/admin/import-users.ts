import { readFile } from "node:fs/promises";
import { describeProblems, parseConfig } from "@muniment/api/config.ts";
import { withFiles } from "@muniment/api/env-files.ts";
import { type ImportResult, importUsers } from "@muniment/api/identity/import-users.ts";
import { withDatabase } from "@muniment/api/with-database.ts";
import { exitCodes, type Io, parseArguments, UsageError } from "../command.ts";

function settingsOf(given: Io["env"]) {
  const { env, problems } = withFiles(given);
  const parsed = parseConfig(env);
  const all = parsed.ok ? problems : [...problems, ...parsed.problems];
  if (!parsed.ok || all.length > 0)
    throw new Error(`the settings are wrong:\n${describeProblems(all)}`);
  const migrationsFolder = env.MUNIMENT_MIGRATIONS;
  if (!migrationsFolder)
    throw new Error("MUNIMENT_MIGRATIONS is not set; start it by pnpm muniment");
  return { config: parsed.config, rings: parsed.rings, migrationsFolder };
}

function report({ users, problems }: ImportResult, dryRun: boolean): string {
  const wrong = problems.map(({ line, problem }) => `line ${line}: ${problem}\n`).join("");
  const accounts = users === 1 ? "1 account" : `${users} accounts`;
  if (problems.length > 0) return `${wrong}Nothing was imported.\n`;
  return dryRun ? `${accounts} would be imported.\n` : `${accounts} imported.\n`;
}

export async function importUsersCommand(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError("Name one file.");
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw new UsageError(cause.message, { cause });
  });
  const dryRun = values["dry-run"];
  const result = await withDatabase(settingsOf(io.env), (database) =>
    importUsers(database, text, { dryRun, now: new Date() }),
  );
  const failed = result.problems.length > 0;
  const { users, problems } = result;
  const imported = failed || dryRun ? 0 : users;
  if (values.json) io.stdout.write(`${JSON.stringify({ imported, users, dryRun, problems })}\n`);
  else (failed ? io.stderr : io.stdout).write(report(result, dryRun));
  return failed ? exitCodes.failed : exitCodes.ok;
}
