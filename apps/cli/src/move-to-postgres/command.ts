import { readFile } from "node:fs/promises";
import { type Moved, moveDatabase } from "@muniment/api/backup/move.ts";
import { rowsOf } from "@muniment/api/backup/record.ts";
import { secretNames } from "@muniment/api/config.ts";
import { DataDirInUse } from "@muniment/db/embedded/errors.ts";
import { settingsOf } from "../admin/settings.ts";
import { counted, summaryOf } from "../backup/report.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import {
  type Installation,
  openInstallation,
  readEnvFile,
  readInstallation,
} from "../installation.ts";
import { usage } from "./usage.ts";

export const moveToPostgres: Command = {
  name: "move-to-postgres",
  summary: "copy the embedded database into another PostgreSQL",
  usage,
  run,
};

async function readUrl(given: string | undefined, file: string | undefined, io: Io) {
  if ((given === undefined) === (file === undefined)) {
    throw new UsageError("Name one URL, or give --url-file.");
  }
  if (given !== undefined) {
    if (URL.canParse(given) && new URL(given).password) {
      io.stderr.write(
        "muniment move-to-postgres: other users of this machine can read the password in the list of processes; --url-file keeps it from them.\n",
      );
    }
    return given;
  }
  const text = await readFile(file ?? "", "utf8").catch((cause: Error) => {
    throw new UsageError(`--url-file: ${cause.message}`, { cause });
  });
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/** The embedded database for us alone. */
async function openStopped(env: Io["env"]): Promise<Installation> {
  const installation = await openInstallation(env, { alone: true }).catch((error: unknown) => {
    if (!(error instanceof DataDirInUse)) throw error;
    throw new UsageError("the server runs: stop it first, so that nothing is written meanwhile", {
      cause: error,
    });
  });
  return installation;
}

const outcomeOf = (moved: Moved) =>
  "movedAt" in moved
    ? `Everything is there already: a move filled the new database at ${moved.movedAt.toISOString()}, and nothing was written to either since.`
    : `In the new database, counted: ${counted(rowsOf(moved), "row")}. Verified: ${counted(moved.verified, "entry", "entries")} of the audit log.`;

const factsOf = (moved: Moved) =>
  "movedAt" in moved ? moved : { verified: moved.verified, ...summaryOf(moved) };

async function run(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      "url-file": { type: "string" },
      "env-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [given, ...more] = positionals;
  if (more.length > 0) throw new UsageError("Name one URL.");
  const url = await readUrl(given, values["url-file"], io);
  const envFile = values["env-file"];
  const { DATABASE_URL, DATABASE_URL_FILE, ...env }: Io["env"] = {
    ...(envFile ? await readEnvFile(envFile) : io.env),
    ...(io.env.MUNIMENT_MIGRATIONS ? { MUNIMENT_MIGRATIONS: io.env.MUNIMENT_MIGRATIONS } : {}),
  };
  if (DATABASE_URL ?? DATABASE_URL_FILE) {
    throw new UsageError("DATABASE_URL is set: this installation does not use the embedded one.");
  }
  const { given: rings, rings: own } = readInstallation(env);
  // A server in production wants them from its environment where the database is not the embedded one.
  const toSet = secretNames.filter((name) => rings[name].length === 0);
  const target = settingsOf({
    ...env,
    ...Object.fromEntries(toSet.map((name) => [name, own[name].join(",")])),
    DATABASE_URL: url,
  });
  if (!target.config.database) throw new UsageError("There is no URL.");
  const { migrationsFolder } = target;
  const installation = await openStopped(env);
  try {
    const { config, secrets, owner } = installation;
    const moved = await moveDatabase(
      { owner, dataDir: config.dataDir },
      target.config.database.owner,
      { secrets, migrationsFolder, signal: io.signal },
    );
    const lines = [
      outcomeOf(moved),
      "Start the server with",
      "",
      `  DATA_DIR=${config.dataDir}`,
      `  DATABASE_URL=${values["url-file"] === undefined ? new URL(url).href.replace(/:[^:@/]*@/, ":<password>@") : `<what ${values["url-file"]} holds>`}`,
      "",
      ...(toSet.length > 0
        ? [
            "In production (NODE_ENV) it must have these in its environment as well, with what they are in",
            `${config.dataDir}/keyring.json (several elements in their order, with commas between):`,
            "",
            ...toSet.map((name) => `  ${name}`),
            "",
          ]
        : []),
      "DATA_DIR keeps the keys, uploaded files and the list of erasures. The embedded database in it is as",
      "it was; delete its folder postgres once you have a backup of the new one.",
    ];
    io.stdout.write(
      values.json
        ? `${JSON.stringify({ ok: true, secretsToSet: toSet, ...factsOf(moved) }, null, 2)}\n`
        : `ok    ${lines.join("\n      ")}\n`,
    );
    return exitCodes.ok;
  } finally {
    await installation.close();
  }
}
