import { createDataKeys } from "@muniment/api/audit/data-keys.ts";
import { createNoteSigner } from "@muniment/api/audit/note-signer.ts";
import { type LogReport, verifyLog } from "@muniment/api/audit/verify-log.ts";
import { createEncryption } from "@muniment/api/encryption.ts";
import { connect } from "@muniment/db/connection.ts";
import { parseVerifierKey } from "@muniment/verify/signed-note.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { type Installation, openInstallation, readEnvFile } from "../installation.ts";
import { readOutside } from "./outside.ts";
import { jsonReport, textReport } from "./report.ts";
import { usage } from "./usage.ts";

export const verify: Command = {
  name: "verify",
  summary: "verify the audit log: every entry, its place, and the signatures over it",
  usage,
  run,
};

function readKeys(texts: readonly string[]) {
  return texts.map((text) => {
    try {
      return parseVerifierKey(text);
    } catch (cause) {
      throw new UsageError(`--key ${text}: not a verifier key`, { cause });
    }
  });
}

async function verifyInstallation(
  { config, secrets, owner }: Installation,
  sources: readonly string[],
  keys: readonly ReturnType<typeof parseVerifierKey>[],
): Promise<LogReport> {
  const outside = await readOutside(sources, config.dataDir);
  const keysOf = (origin: string) =>
    keys.length > 0 ? keys : createNoteSigner(secrets.auditSigning, origin).keys;
  const sql = connect(owner, { max: 1, applicationName: "muniment-verify" });
  const encryption = createEncryption(secrets.encryption);
  try {
    // One moment of the log, however much the server adds meanwhile.
    return (await sql.begin("isolation level repeatable read read only", (tx) =>
      verifyLog(tx, { keysOf, outside, keys: createDataKeys(tx, encryption, secrets.emailHashes) }),
    )) as LogReport;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

async function run(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      checkpoint: { type: "string", multiple: true, default: [] },
      key: { type: "string", multiple: true, default: [] },
      "env-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 0) throw new UsageError("It takes options only.");
  const envFile = values["env-file"];
  const keys = readKeys(values.key);
  const installation = await openInstallation(envFile ? await readEnvFile(envFile) : io.env);
  try {
    const report = await verifyInstallation(installation, values.checkpoint, keys);
    io.stdout.write(values.json ? jsonReport(report) : textReport(report));
    return report.wrong ? exitCodes.failed : exitCodes.ok;
  } finally {
    await installation.close();
  }
}
