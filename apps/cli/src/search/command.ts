import type { Event } from "@muniment/shared/events.ts";
import { type Command, exitCodes, type Io } from "../command.ts";
import { textLine } from "../text-line.ts";
import { parseSearchOptions } from "./options.ts";
import { readPages, SearchError } from "./pages.ts";
import { usage } from "./usage.ts";

export const search: Command = {
  name: "search",
  summary: "print the events that pass a query",
  usage,
  run,
};

async function run(argv: string[], io: Io): Promise<number> {
  const { target, input, limit, json } = parseSearchOptions(argv, io.env, Date.now());
  const lineOf = json ? (event: Event) => JSON.stringify(event) : textLine;
  try {
    for await (const events of readPages(target, { input, limit, signal: io.signal })) {
      io.stdout.write(events.map((event) => `${lineOf(event)}\n`).join(""));
    }
    return exitCodes.ok;
  } catch (error) {
    if (io.signal.aborted) return exitCodes.failed;
    if (!(error instanceof SearchError)) throw error;
    io.stderr.write(`muniment search: ${error.message}\n`);
    return exitCodes.refused;
  }
}
