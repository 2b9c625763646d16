import { type SecretName, secretNames } from "@muniment/api/config.ts";
import { type Command, type Io, parseArguments, UsageError } from "../command.ts";
import { openInstallation, readEnvFile } from "../installation.ts";
import { add } from "./add.ts";
import { reencryptAll } from "./reencrypt.ts";
import { retire } from "./retire.ts";
import { showStatus } from "./status.ts";
import { usage } from "./usage.ts";

export const rotateKeys: Command = {
  name: "rotate-keys",
  summary: "rotate the secrets of this installation, and say what depends on old ones",
  usage,
  run,
};

const isSecretName = (text: string): text is SecretName =>
  secretNames.some((name) => name === text);

function readNames(text: string | undefined): SecretName[] {
  if (text === undefined) return [...secretNames];
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !isSecretName(name));
  if (unknown !== undefined) {
    throw new UsageError(`--only ${unknown}: the rings are ${secretNames.join(", ")}.`);
  }
  return [...new Set(names.filter(isSecretName))];
}

async function run(argv: string[], io: Io): Promise<number> {
  const { values } = parseArguments({
    args: argv,
    options: {
      only: { type: "string" },
      status: { type: "boolean", default: false },
      reencrypt: { type: "boolean", default: false },
      retire: { type: "boolean", default: false },
      accept: { type: "boolean", default: false },
      out: { type: "string" },
      show: { type: "boolean", default: false },
      "env-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { out, show, accept, json } = values;
  const actions = [values.status, values.reencrypt, values.retire].filter(Boolean).length;
  if (actions > 1) throw new UsageError("--status, --reencrypt and --retire are three calls.");
  if (actions > 0 && (out !== undefined || show)) {
    throw new UsageError("--out and --show are for new elements.");
  }
  if (accept && !values.retire) throw new UsageError("--accept goes with --retire.");
  const names = readNames(values.only);
  const envFile = values["env-file"];
  const env = envFile === undefined ? io.env : await readEnvFile(envFile);
  if (actions === 0) return add(env, { names, out, show, json }, io);
  const installation = await openInstallation(env);
  try {
    if (values.status) return await showStatus(installation, { names, json }, io);
    if (values.retire) return await retire(installation, { names, accept, json }, io);
    return await reencryptAll(installation, { json }, io);
  } finally {
    await installation.close();
  }
}
