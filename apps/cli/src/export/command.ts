import { existsSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { eventExport, exportFormats } from "@muniment/shared/exports.ts";
import { download, mutate, query, ServerError } from "../call-server.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { printable } from "../send/report.ts";
import { type Caller, signedIn } from "../signed-in.ts";
import { createStatusLine } from "../status-line.ts";
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

const tellMilliseconds = 500;
/** With a second more before each: so long that a server can be started anew meanwhile. */
const attempts = 10;

type Options = Exclude<ReturnType<typeof parseOptions>, { check: string }>;

/** Opens the file beside the wanted one, which is nobody else's. @throws UsageError */
const openPart = (path: string): Promise<FileHandle> =>
  open(path, "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === "EEXIST"
        ? "is there already: another export writes it, or one was killed"
        : "cannot be written";
    throw new UsageError(`${printable(path)} ${why}.`, { cause });
  });

/** Says on a terminal how far an export is, until `over`, or until the server refuses to tell. */
async function tellProgress({ url, token }: Caller, id: string, io: Io, over: AbortSignal) {
  if (!io.stderr.isTTY) return;
  const line = createStatusLine(io.stderr);
  for (;;) {
    await sleep(tellMilliseconds, undefined, { signal: over }).catch(() => {});
    if (over.aborted) break;
    try {
      const state = await query(url, "exports.get", { id }, await token());
      const { progress, rows } = eventExport.parse(state);
      line.show(`${Math.floor(progress * 100)}%, ${rows} events`);
    } catch (error) {
      // To go on would count as wrong credentials; the download needs none any more.
      if (!(error instanceof ServerError && error.mayPass)) break;
    }
  }
  line.end();
}

/** Fetches an export into a file, and goes on where it broke off, some times while nothing comes. @throws ServerError */
async function fetchWhole(file: FileHandle, id: string, { url, token }: Caller, io: Io) {
  let fetched = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const path = `api/v1/exports/${id}?offset=${fetched}`;
      for await (const part of download(url, path, await token(), io.signal)) {
        await file.appendFile(part);
        fetched += part.length;
        attempt = 1;
      }
      return;
    } catch (error) {
      const mayPass = error instanceof ServerError && error.mayPass;
      if (!mayPass || attempt === attempts || io.signal.aborted) throw error;
      await sleep(attempt * 1000, undefined, { signal: io.signal }).catch(() => {});
    }
  }
}

/** Asks for an export and fetches it; cancels what will not be fetched any more. */
async function fetchInto(file: FileHandle, asked: Options["asked"], caller: Caller, io: Io) {
  const { url, token } = caller;
  const { id } = eventExport.parse(await mutate(url, "exports.create", asked, await token()));
  const over = new AbortController();
  const telling = tellProgress(caller, id, io, over.signal);
  const cancel = async () => mutate(url, "exports.cancel", { id }, await token());
  try {
    await fetchWhole(file, id, caller, io);
  } catch (error) {
    await cancel().catch(() => {});
    throw error;
  } finally {
    over.abort();
    // Before signing out, of which it may have renewed the tokens.
    await telling;
  }
}

async function run(argv: string[], io: Io): Promise<number> {
  const options = parseOptions(argv, io.env);
  const path = "check" in options ? options.check : `${options.output}.part`;
  let problem = "The file was cut off or altered: its last line does not fit.";
  try {
    if (!("check" in options)) {
      const file = await openPart(path);
      const { url, account, asked } = options;
      const work = signedIn(url, account, (caller) => fetchInto(file, asked, caller, io));
      await work.finally(() => file.close());
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    await rm(path, { force: true });
    const isRefused = error instanceof ServerError && !io.signal.aborted;
    problem = isRefused ? error.message : "The download was broken off.";
    io.stderr.write(`muniment export: ${printable(problem, 1000)}\n`);
    return isRefused ? exitCodes.refused : exitCodes.failed;
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
