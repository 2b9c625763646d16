import { addAbortSignal } from "node:stream";
import { createLogReader } from "@muniment/log-formats/format.ts";
import { DeliveryError } from "@muniment/sdk/delivery";
import { type Command, exitCodes, type Io } from "../command.ts";
import { type Batch, readBatches } from "./batches.ts";
import { deliverBatch } from "./deliver.ts";
import { openLog } from "./log-file.ts";
import { parseSendOptions } from "./options.ts";
import { showProgress } from "./progress.ts";
import { jsonReport, textReport } from "./report.ts";
import { addsUp, createTally, type Tally } from "./tally.ts";
import { usage } from "./usage.ts";

export const send: Command = {
  name: "send",
  summary: "send a log's lines as events",
  usage,
  run,
};

async function run(argv: string[], io: Io): Promise<number> {
  const options = parseSendOptions(argv, io.env);
  const { file, format, offsetMinutes, year, target, retryForMs } = options;
  const log = await openLog(file, io.stdin);
  const failure = new AbortController();
  const stop = AbortSignal.any([io.signal, failure.signal]);
  const tally = createTally();
  const start = performance.now();
  const progress = showProgress(io.stderr, tally);
  const delivery = { target, tally, stop, retryForMs, onWait: progress.waiting };
  const { source = log.source } = options;
  const read = createLogReader({ format, source, offsetMinutes, year, reference: log.reference });
  const stream = addAbortSignal(stop, log.stream);
  const batches = readBatches({ stream, read, batchSize: options.batchSize }, tally, stop);

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
  progress.end();
  const { problem, exitCode } = judge(tally, io.signal, failure.signal);
  const seconds = (performance.now() - start) / 1000;
  const outcome = { file, format, tally, seconds, problem };
  io.stdout.write(options.json ? jsonReport(outcome) : textReport(outcome));
  return exitCode;
}

function judge(tally: Tally, interruption: AbortSignal, failure: AbortSignal) {
  if (failure.aborted) {
    const refused = failure.reason instanceof DeliveryError;
    const problem = failure.reason instanceof Error ? failure.reason.message : "Unknown failure.";
    return { problem, exitCode: refused ? exitCodes.refused : exitCodes.failed };
  }
  if (interruption.aborted) return { problem: "Interrupted.", exitCode: exitCodes.failed };
  const allGood = addsUp(tally) && tally.rejected === 0 && tally.unparsed === 0;
  return { problem: undefined, exitCode: allGood ? exitCodes.ok : exitCodes.failed };
}
