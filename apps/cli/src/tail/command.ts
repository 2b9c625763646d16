import { setTimeout as sleep } from "node:timers/promises";
import { backoffMilliseconds } from "@muniment/sdk/delivery";
import { type Event, type TailMessage, tailMessage } from "@muniment/shared/events.ts";
import { type Command, exitCodes, type Io, UsageError } from "../command.ts";
import { printable } from "../send/report.ts";
import { textLine } from "../text-line.ts";
import { causeOf, openTail, readError } from "./connect.ts";
import { readMessages, type StreamMessage } from "./messages.ts";
import { parseTailOptions, type TailOptions } from "./options.ts";
import { keepPosition } from "./position.ts";
import { usage } from "./usage.ts";

export const tail: Command = {
  name: "tail",
  summary: "print events as they come",
  usage,
  run,
};

/** The server speaks every 5 s, if only to say that it is there. */
const silentMs = 16_000;
/** What mends itself: the server ends a stream when it stops, and takes it up again elsewhere. */
const passing = new Set(["internal", "overloaded", "database_unavailable", "timed_out"]);

/** The server refuses the key, or what was asked. */
class TailRefusal extends Error {}

async function run(argv: string[], io: Io): Promise<number> {
  const options = parseTailOptions(argv, io);
  const note = (text: string) => io.stderr.write(`${printable(text, 1000)}\n`);
  const position = await keepPosition(options.state, options.after, note);
  try {
    await followTail(options, position, io, note);
  } catch (error) {
    // What ended it is the problem; that the position cannot be written was noted.
    await position.save().catch(() => {});
    if (!(error instanceof TailRefusal)) throw error;
    io.stderr.write(`muniment tail: ${printable(error.message, 1000)}\n`);
    return exitCodes.refused;
  }
  await position.save();
  return exitCodes.ok;
}

type Position = Awaited<ReturnType<typeof keepPosition>>;

/** Prints until the limit or an interruption, through as many connections as it takes. */
async function followTail(
  options: TailOptions,
  position: Position,
  io: Io,
  note: (text: string) => void,
): Promise<void> {
  // By hand: Node.js 20 may collect a signal of AbortSignal.any before it fires.
  const stopping = new AbortController();
  const { signal } = stopping;
  for (const end of [io.signal, io.readerGone]) {
    end?.addEventListener("abort", () => stopping.abort(), { once: true });
    if (end?.aborted) stopping.abort();
  }
  let left = options.limit;
  for (let attempt = 0; left > 0 && !signal.aborted; ) {
    const ending = new AbortController();
    const end = () => ending.abort();
    signal.addEventListener("abort", end);
    const opened = await openTail(options.target, {
      query: options.query,
      position: position.id(),
      signal: ending.signal,
    });
    let wait = 0;
    if (opened.kind === "wrong") throw new UsageError(printable(opened.why, 1000));
    if (opened.kind === "refused") throw new TailRefusal(opened.why);
    try {
      if (opened.kind === "open") {
        for await (const message of readMessages(opened.body, silentMs)) {
          attempt = 0;
          if (message.event === "return") break;
          const event = take(message, position, note);
          if (!event) continue;
          io.stdout.write(`${lineOf(event, options)}\n`);
          position.passed();
          left -= 1;
          if (left === 0) break;
        }
      } else {
        wait = Math.max(opened.afterMs, backoffMilliseconds(attempt, opened.afterMs));
        if (!signal.aborted) note(`${opened.why} Again in ${(wait / 1000).toFixed(1)} s.`);
      }
    } catch (error) {
      if (error instanceof TailRefusal) throw error;
      if (!signal.aborted) note(`The connection broke (${causeOf(error)}).`);
      wait = backoffMilliseconds(attempt);
    } finally {
      signal.removeEventListener("abort", end);
      ending.abort();
    }
    attempt += 1;
    await sleep(wait, undefined, { signal }).catch(() => {});
  }
}

const lineOf = (event: Event, { json, coloured }: TailOptions) =>
  json ? JSON.stringify(event) : textLine(event, coloured);

/** The event of a message; anything else that it says is noted. @throws TailRefusal */
function take(
  { event: kind, data, id }: StreamMessage,
  position: Position,
  note: (text: string) => void,
): Event | null {
  if (kind === "serialized-error") {
    const { reason, message } = readError(data);
    if (!passing.has(reason)) throw new TailRefusal(`${message} (${reason})`);
    throw new Error(message);
  }
  if (id === undefined) return null;
  const said: unknown = JSON.parse(data);
  const known = tailMessage.safeParse(said);
  position.reach(id, known.success && known.data.kind === "event");
  if (!known.success) {
    note(`The server says: ${data}`);
    return null;
  }
  return eventOf(known.data, note);
}

const deletedText = (count: number | null) =>
  count === null
    ? "Some events may have been deleted before they were read."
    : `${count} deleted before they were read.`;

function eventOf(message: TailMessage, note: (text: string) => void): Event | null {
  if (message.kind === "event") return message.event;
  if (message.kind === "skipped") note(deletedText(message.count));
  return null;
}
