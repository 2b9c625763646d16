import { realpath } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { createLogReader, type ReaderMemory } from "@muniment/log-formats/format.ts";
import { type Io, UsageError } from "../../command.ts";
import { type Delivery, deliverBatch } from "../deliver.ts";
import type { SendOptions } from "../options.ts";
import { printable } from "../report.ts";
import { follow } from "./follow.ts";
import { defaultStatePath, keepState, readState, tryState } from "./follow-state.ts";

/** The log's path with its folder's links resolved; the log itself may not be there yet. */
async function findPath(file: string): Promise<string> {
  const path = resolve(file);
  const folder = await realpath(dirname(path)).catch((cause: Error) => {
    throw new UsageError(`${file} cannot be followed: ${cause.message}`, { cause });
  });
  return join(folder, basename(path));
}

/**
 * Follows a log until the command is interrupted.
 * @throws DeliveryError when the server refuses the key, or was not reached for as long as allowed
 * @throws StateError when in the end it could not be written down how far it was sent
 */
export async function followLog(options: SendOptions, delivery: Delivery, io: Io): Promise<void> {
  const { format, offsetMinutes, year, batchSize, from } = options;
  const { tally, stop } = delivery;
  const path = await findPath(options.file);
  const { source = `${hostname()}:${path}` } = options;
  const statePath = options.state ?? defaultStatePath(io.env, source, delivery.target.url);
  const known = await readState(statePath);
  await tryState(statePath);
  const warn = (message: string) => io.stderr.write(`${printable(message, 1000)}\n`);
  const { keep, end } = keepState(statePath, warn);
  const memory: ReaderMemory = known?.memory ?? {};
  let place = "";
  const read = createLogReader({
    format,
    source,
    offsetMinutes,
    year,
    reference: Date.now,
    place: () => place,
    memory,
  });
  await follow(
    {
      path,
      keep,
      from,
      batchSize,
      tally,
      stop,
      memory,
      seen: new Set(),
      read: (line, at) => {
        place = at;
        return read(line);
      },
      deliver: async (batch) => {
        const before = tally.sent;
        await deliverBatch(batch, delivery);
        return tally.sent - before === batch.length;
      },
      warn,
    },
    known,
  ).catch(async (error: unknown) => {
    // What ended it is the problem; that the state cannot be written was told.
    await end().catch(() => {});
    throw error;
  });
  await end();
}
