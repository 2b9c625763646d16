import { restoreBackup } from "@muniment/api/backup/restore.ts";
import { settingsOf } from "../admin/settings.ts";
import { parseOpener } from "../backup/locks.ts";
import { contentsOf, counted, summaryOf } from "../backup/report.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { readEnvFile } from "../installation.ts";
import { drill } from "./drill.ts";
import { usage } from "./usage.ts";

export const restore: Command = {
  name: "restore",
  summary: "restore a backup into an empty place, or try whether it could be",
  usage,
  run,
};

async function run(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      identity: { type: "string" },
      "passphrase-file": { type: "string" },
      unencrypted: { type: "boolean", default: false },
      drill: { type: "boolean", default: false },
      "end-sessions": { type: "boolean", default: false },
      "env-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError("Name one file.");
  const opener = await parseOpener(values, io.env);
  const envFile = values["env-file"];
  const { config, rings, migrationsFolder } = settingsOf({
    ...(envFile ? await readEnvFile(envFile) : io.env),
    ...(io.env.MUNIMENT_MIGRATIONS ? { MUNIMENT_MIGRATIONS: io.env.MUNIMENT_MIGRATIONS } : {}),
  });
  const input = {
    path,
    opener,
    config,
    rings,
    migrationsFolder,
    endSessions: values["end-sessions"],
    signal: io.signal,
    say: (line: string) => void (io.stderr.isTTY && io.stderr.write(`${line}...\n`)),
  };
  const { manifest, verified } = await (values.drill ? drill(input) : restoreBackup(input));
  if (values.json) {
    io.stdout.write(
      `${JSON.stringify({ ok: true, drill: values.drill, verified, ...summaryOf(manifest) }, null, 2)}\n`,
    );
    return exitCodes.ok;
  }
  const done = values.drill
    ? `${path} can be restored: it was, in a temporary folder, and removed again.`
    : `${path} is restored into ${config.database ? "the database and " : ""}${config.dataDir}. Start the server.`;
  const lines = [
    done,
    ...contentsOf(manifest),
    `All rows counted; ${counted(verified, "entry", "entries")} of the audit log verified.`,
  ];
  io.stdout.write(`ok    ${lines.join("\n      ")}\n`);
  return exitCodes.ok;
}
