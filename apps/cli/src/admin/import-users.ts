import { readFile } from "node:fs/promises";
import { type ImportResult, importUsers } from "@muniment/api/identity/import-users.ts";
import { withDatabase } from "@muniment/api/with-database.ts";
import { exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { settingsOf } from "./settings.ts";

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
  const result = await withDatabase(settingsOf(io.env), (opened) =>
    importUsers(opened, text, { dryRun, now: new Date() }),
  );
  const failed = result.problems.length > 0;
  const { users, problems } = result;
  const imported = failed || dryRun ? 0 : users;
  if (values.json) io.stdout.write(`${JSON.stringify({ imported, users, dryRun, problems })}\n`);
  else (failed ? io.stderr : io.stdout).write(report(result, dryRun));
  return failed ? exitCodes.failed : exitCodes.ok;
}
