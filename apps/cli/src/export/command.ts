import { createWriteStream, existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { eventExport, exportFormats } from "@muniment/shared/exports.ts";
import { issuedTokens } from "@muniment/shared/tokens.ts";
import { download, mutate, ServerError } from "../call-server.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { printable } from "../send/report.ts";
import { parseUrl } from "../target.ts";
import { checkFile } from "./check-file.ts";
import { usage } from "./usage.ts";

export const exportCommand: Command = {
  name: "export",
  summary: "download the events of a search, and check that the file is whole",
  usage,
  run,
};

function parseOptions(argv: string[], env: Io["env"]) {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      url: { type: "string" },
      email: { type: "string" },
      code: { type: "string" },
      output: { type: "string" },
      format: { type: "string", default: "ndjson" },
      from: { type: "string" },
      to: { type: "string" },
      check: { type: "string" },
      "allow-plain-http": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [query, ...more] = positionals;
  if (more.length > 0) throw new UsageError("Give the query as one argument, in quotes.");
  const { check, json } = values;
  if (check !== undefined) return { check, json };
  const format = exportFormats.find((name) => name === values.format);
  if (!format) throw new UsageError(`--format is one of ${exportFormats.join(", ")}.`);
  const { email, output, code, from, to } = values;
  const password = env.MUNIMENT_PASSWORD;
  if (!email) throw new UsageError("Say who exports: --email.");
  if (!password) throw new UsageError("There is no password: set MUNIMENT_PASSWORD.");
  if (!output) throw new UsageError("Say where to: --output.");
  if (existsSync(output)) throw new UsageError(`${printable(output)} is there already.`);
  const url = parseUrl(values.url ?? env.MUNIMENT_URL, values["allow-plain-http"]);
  const asked = {
    format,
    ...(query === undefined ? {} : { query }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const account = { email, password, ...(code === undefined ? {} : { code }) };
  return { url, output, asked, account, json };
}

type Options = Exclude<ReturnType<typeof parseOptions>, { check: string }>;

/** Signs in, fetches the export into a file beside the wanted one, and signs out. */
async function fetchInto(part: string, { url, account, asked }: Options, signal: AbortSignal) {
  const tokens = issuedTokens.parse(await mutate(url, "tokens.issue", account));
  const { accessToken, refreshToken } = tokens;
  try {
    const { id } = eventExport.parse(await mutate(url, "exports.create", asked, accessToken));
    const body = await download(url, `api/v1/exports/${id}`, accessToken, signal);
    const file = createWriteStream(part, { flags: "wx", mode: 0o600 });
    await pipeline(Readable.fromWeb(body as ReadableStream<Uint8Array>), file);
  } finally {
    await mutate(url, "tokens.revoke", { refreshToken }).catch(() => {});
  }
}

async function run(argv: string[], io: Io): Promise<number> {
  const options = parseOptions(argv, io.env);
  const path = "check" in options ? options.check : `${options.output}.part`;
  let problem = "The file was cut off or altered: its last line does not fit.";
  try {
    if (!("check" in options)) await fetchInto(path, options, io.signal);
  } catch (error) {
    await rm(path, { force: true });
    problem = error instanceof ServerError ? error.message : "The download was broken off.";
    io.stderr.write(`muniment export: ${printable(problem, 1000)}\n`);
    return error instanceof ServerError ? exitCodes.refused : exitCodes.failed;
  }
  const trailer = await checkFile(path).catch((cause: unknown) => {
    throw new UsageError(`${printable(path)} cannot be read.`, { cause });
  });
  if (!trailer) {
    if (!("check" in options)) await rm(path, { force: true });
    io.stderr.write(`muniment export: ${problem}\n`);
    return exitCodes.failed;
  }
  if (!("check" in options)) await rename(path, options.output);
  const file = "check" in options ? options.check : options.output;
  const text = `${printable(file)}: ${trailer.rows} events, whole (SHA-256 ${trailer.sha256})`;
  io.stdout.write(`${options.json ? JSON.stringify({ file, ...trailer }) : text}\n`);
  return exitCodes.ok;
}
