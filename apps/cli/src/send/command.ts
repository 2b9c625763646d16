import { addAbortSignal } from "node:stream";
import { createLogReader } from "@muniment/log-formats/format.ts";
import { DeliveryError } from "@muniment/sdk/delivery";
import { type Command, exitCodes, type Io } from "../command.ts";
import { type Batch, readBatches } from "./batches.ts";
import { type Delivery, deliverBatch } from "./deliver.ts";
import { followLog } from "./follow/command.ts";
import { StateError } from "./follow/follow-state.ts";
import { openLog } from "./log-file.ts";
import { parseSendOptions, type SendOptions } from "./options.ts";
import { showProgress } from "./progress.ts";
import { jsonReport, textReport } from "./report.ts";
import { addsUp, createTally, type Tally } from "./tally.ts";
import { usage } from "./usage.ts";

export const send: Command = {
  name: "send",
  summary: "send a log's lines as events, and follow it while it grows",
  usage,
  run,
};

async function run(argv: string[], io: Io): Promise<number> {
  const options = parseSendOptions(argv, io.env);
  const { file, format, target, retryForMs } = options;
  const failure = new AbortController();
  const stop = AbortSignal.any([io.signal, failure.signal]);
  const tally = createTally();
  const start = performance.now();
  const progress = showProgress(io.stderr, tally);
  const delivery = { target, tally, stop, retryForMs, onWait: progress.waiting };
  try {
    if (options.follow) await followLog(options, delivery, io);
    else await sendLog(options, delivery, failure, io);
  } catch (error) {
    if (!(error instanceof DeliveryError || error instanceof StateError)) {
      progress.end();
      throw error;
    }
    failure.abort(error);
  }
  progress.end();
  const { problem, exitCode } = judge(tally, io.signal, failure.signal, options.follow);
  const seconds = (performance.now() - start) / 1000;
  const outcome = { file, format, tally, seconds, problem };
  io.stdout.write(options.json ? jsonReport(outcome) : textReport(outcome));
  return exitCode;
}

async function sendLog(
  options: SendOptions,
  delivery: Delivery,
  failure: AbortController,
  io: Io,
): Promise<void> {
  const { file, format, offsetMinutes, year } = options;
  const { stop, tally } = delivery;
  const log = await openLog(file, io.stdin);
  const { source = log.source } = options;
  const read = createLogReader({ format, source, offsetMinutes, year, reference: log.reference });
  const stream = addAbortSignal(stop, log.stream);
  const batches = readBatches({ stream, format, read, batchSize: options.batchSize }, tally, stop);

  async function work(): Promise<void> {
    try {
      for (let next = await batches.next(); !next.done; next = await batches.next()) {
        await deliverBatch(next.value as Batch, delivery);
        if (stop.aborted) return;
      }
    } catch (error) {
      failure.abort(error);
    }
  }

  await Promise.all(Array.from({ length: options.concurrency }, work));
}

function judge(tally: Tally, interruption: AbortSignal, failure: AbortSignal, follows: boolean) {
  if (failure.aborted) {
    const refused = failure.reason instanceof DeliveryError;
    const problem = failure.reason instanceof Error ? failure.reason.message : "Unknown failure.";
    return { problem, exitCode: refused ? exitCodes.refused : exitCodes.failed };
  }
  // Following has no other end.
  if (interruption.aborted && !follows) {
    return { problem: "Interrupted.", exitCode: exitCodes.failed };
  }
  const allGood = addsUp(tally) && tally.rejected === 0 && tally.unparsed === 0;
  return { problem: undefined, exitCode: allGood ? exitCodes.ok : exitCodes.failed };
}
