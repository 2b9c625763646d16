import { createDataKeys } from "@muniment/api/audit/data-keys.ts";
import { createNoteSigner } from "@muniment/api/audit/note-signer.ts";
import { type LogReport, verifyLog } from "@muniment/api/audit/verify-log.ts";
import { createEncryption } from "@muniment/api/encryption.ts";
import { connect } from "@muniment/db/connection.ts";
import { parseWitnessKey } from "@muniment/verify/cosignature.ts";
import { parseVerifierKey, type VerifierKey } from "@muniment/verify/signed-note.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { type Installation, openInstallation, readEnvFile } from "../installation.ts";
import { verifyCertificate } from "./certificate.ts";
import { readOutside, readWitnesses } from "./outside.ts";
import { jsonReport, textReport } from "./report.ts";
import { usage } from "./usage.ts";

export const verify: Command = {
  name: "verify",
  summary: "verify the audit log: every entry, its place, and the signatures over it",
  usage,
  run,
};

function readKeys(
  option: string,
  texts: readonly string[],
  parse: (text: string) => VerifierKey,
): VerifierKey[] {
  return texts.map((text) => {
    try {
      return parse(text);
    } catch (cause) {
      throw new UsageError(`${option} ${text}: not a verifier key of this kind`, { cause });
    }
  });
}

type Asked = {
  checkpoints: readonly string[];
  witnesses: readonly string[];
  keys: readonly VerifierKey[];
  witnessKeys: readonly VerifierKey[];
};

/** The log's name, which a witness is asked for it by. */
async function readOrigin(sql: ReturnType<typeof connect>): Promise<string> {
  const [row] =
    await sql`select split_part(note, E'\n', 1) as origin from audit_checkpoints limit 1`;
  return row?.origin ?? "";
}

async function verifyInstallation(
  { config, secrets, owner }: Installation,
  { checkpoints, witnesses, keys, witnessKeys }: Asked,
): Promise<LogReport> {
  const keysOf = (origin: string) =>
    keys.length > 0 ? keys : createNoteSigner(secrets.auditSigning, origin).keys;
  const sql = connect(owner, { max: 1, applicationName: "muniment-verify" });
  const encryption = createEncryption(secrets.encryption);
  try {
    const kept = await readOutside(checkpoints, config.dataDir);
    const outside =
      witnesses.length > 0
        ? [...kept, ...(await readWitnesses(witnesses, await readOrigin(sql)))]
        : kept;
    // One moment of the log, however much the server adds meanwhile.
    return (await sql.begin("isolation level repeatable read read only", (tx) =>
      verifyLog(tx, {
        keysOf,
        outside,
        witnessKeys,
        keys: createDataKeys(tx, encryption, secrets.emailHashes),
      }),
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
      witness: { type: "string", multiple: true, default: [] },
      "witness-key": { type: "string", multiple: true, default: [] },
      certificate: { type: "string" },
      "env-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 0) throw new UsageError("It takes options only.");
  const envFile = values["env-file"];
  const asked = {
    checkpoints: values.checkpoint,
    witnesses: values.witness,
    keys: readKeys("--key", values.key, parseVerifierKey),
    witnessKeys: readKeys("--witness-key", values["witness-key"], parseWitnessKey),
  };
  if (values.certificate !== undefined) {
    return verifyCertificate(values.certificate, asked.keys, values.json, io);
  }
  const installation = await openInstallation(envFile ? await readEnvFile(envFile) : io.env);
  try {
    const report = await verifyInstallation(installation, asked);
    io.stdout.write(values.json ? jsonReport(report) : textReport(report));
    return report.wrong ? exitCodes.failed : exitCodes.ok;
  } finally {
    await installation.close();
  }
}
