import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { type EventImport, eventImport } from "@muniment/shared/imports.ts";
import { download, mutate, ServerError } from "../call-server.ts";
import { type Command, exitCodes, type Io } from "../command.ts";
import { printable } from "../send/report.ts";
import { type Caller, signedIn } from "../signed-in.ts";
import { createStatusLine } from "../status-line.ts";
import { type Options, parseOptions } from "./options.ts";
import { cancelUnsent, follow, sendFile } from "./transfer.ts";
import { usage } from "./usage.ts";

export const importCommand: Command = {
  name: "import",
  summary: "bring the events of a file into an agent",
  usage,
  run,
};

/** Says on a terminal how far an import is. */
function shower({ stderr }: Io) {
  const percent = (part: number, all: number) => `${Math.floor((part / all) * 100)}%`;
  const { show, end } = createStatusLine(stderr);
  return {
    tell({ status, sizeBytes, receivedBytes, doneBytes, sent }: EventImport) {
      if (status === "receiving") show(`sent ${percent(receivedBytes, sizeBytes)}`);
      else show(`${status}: ${percent(doneBytes, sizeBytes)}, ${sent} lines`);
    },
    end,
  };
}

async function writeRejects({ url, token }: Caller, id: string, file: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const body = download(url, `api/v1/imports/${id}/rejects`, await token(), signal);
  const out = createWriteStream(file, { flags: "wx", mode: 0o600 });
  await pipeline(body, out);
}

async function bring(options: Options, caller: Caller, io: Io): Promise<EventImport> {
  const { url, token } = caller;
  const { tell, end } = shower(io);
  const created = await mutate(url, "imports.create", options.asked, await token());
  const { id } = eventImport.parse(created);
  try {
    await sendFile(caller, options, id, tell, io.signal);
    const state = await follow(caller, id, tell, io.signal);
    if (options.rejects !== undefined) await writeRejects(caller, id, options.rejects);
    return state;
  } catch (error) {
    // What is not sent whole would be waited for.
    await cancelUnsent(caller, id).catch(() => {});
    throw error;
  } finally {
    end();
  }
}

function textOf(file: string, state: EventImport): string {
  const { status, accepted, duplicates, rejected, error, whole } = state;
  const counts = `${accepted} stored, ${duplicates} known before, ${rejected} refused`;
  return `${printable(file)}: ${status}${whole ? ", whole" : ""}: ${counts}${error ? `. ${error}` : ""}`;
}

async function run(argv: string[], io: Io): Promise<number> {
  const options = parseOptions(argv, io.env);
  try {
    const state = await signedIn(options.url, options.account, (caller) =>
      bring(options, caller, io),
    );
    const { file, json } = options;
    io.stdout.write(`${json ? JSON.stringify({ file, ...state }) : textOf(file, state)}\n`);
    return state.status === "done" && state.rejected === 0 ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    const known = error instanceof ServerError;
    const problem = error instanceof Error ? error.message : "The import was broken off.";
    io.stderr.write(`muniment import: ${printable(problem, 1000)}\n`);
    return known ? exitCodes.refused : exitCodes.failed;
  }
}
