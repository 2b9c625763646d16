import { withDatabase } from "@muniment/api/with-database.ts";
import { addLogByCommand, addWitnessByCommand } from "@muniment/api/witnesses/manage.ts";
import { ownCosigner, submissionPrefix } from "@muniment/api/witnesses/own-witness.ts";
import { exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { settingsOf } from "./settings.ts";

const maxFetchMilliseconds = 10_000;

async function fetchKeys(url: string): Promise<string[]> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(maxFetchMilliseconds) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    const keys = (await answer.text()).split("\n").filter((line) => line !== "");
    if (keys.length === 0 || keys.length > 10) throw new Error("it answered no keys");
    return keys;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${url}: ${why}. Give the key with --key.`, { cause });
  }
}

const options = {
  key: { type: "string", multiple: true, default: [] as string[] },
  json: { type: "boolean", default: false },
} as const;

function read(argv: string[]) {
  const { values, positionals } = parseArguments({ args: argv, allowPositionals: true, options });
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0 || !/^https?:\/\/./.test(given)) {
    throw new UsageError("Name one URL.");
  }
  return { url: given.replace(/\/+$/, ""), keys: values.key, json: values.json };
}

/** `admin add-witness <url>`: sends checkpoints of this log to a witness from now on. */
export async function addWitnessCommand(argv: string[], io: Io): Promise<number> {
  const { url, keys, json } = read(argv);
  const [key = "", ...more] = keys.length > 0 ? keys : await fetchKeys(`${url}/keys`);
  if (keys.length > 0 && more.length > 0) throw new UsageError("A witness has one key.");
  const settings = settingsOf(io.env);
  const now = () => new Date();
  const row = await withDatabase(settings, (opened) =>
    ownCosigner({ ...opened, ...settings }).then((own) =>
      addWitnessByCommand({ ...opened, now }, url, { text: key, own }),
    ),
  );
  const log = settings.config.publicUrl.origin;
  io.stdout.write(
    json
      ? `${JSON.stringify({ id: row.id, target: row.target, key: row.key })}\n`
      : `Checkpoints go to ${row.target} every ${row.everySeconds} s, and are believed when signed with\n  ${row.key}\nCompare this key with what the operator of the witness tells you. There, run:\n  muniment admin witness-log ${log}\n`,
  );
  return exitCodes.ok;
}

/** `admin witness-log <url>`: becomes a witness of the log of another installation. */
export async function witnessLogCommand(argv: string[], io: Io): Promise<number> {
  const { url, keys, json } = read(argv);
  const known = keys.length > 0 ? keys : await fetchKeys(`${url}/audit/keys`);
  const settings = settingsOf(io.env);
  const now = () => new Date();
  const row = await withDatabase(settings, (opened) => addLogByCommand({ ...opened, now }, known));
  const own = submissionPrefix(settings.config);
  io.stdout.write(
    json
      ? `${JSON.stringify({ origin: row.origin, keys: row.keys, submissionPrefix: own })}\n`
      : `This installation is a witness of ${row.origin}, signed with\n${row.keys.map((key) => `  ${key}\n`).join("")}Compare the keys with what its operator tells you. There, run:\n  muniment admin add-witness ${own}\n`,
  );
  return exitCodes.ok;
}
