import type { AnyTRPCProcedure } from "@trpc/server";
import { AppError } from "../errors.ts";
import { ingestDirectly } from "../features/events/ingest-directly.ts";
import { once } from "../once.ts";
import { appRouter } from "../router.ts";
import type { Context } from "../trpc/context.ts";
import type { PolicyMeta } from "../trpc/init.ts";
import { type ChainCall, createRunner } from "../trpc/run-chain.ts";

export type CallableProcedure = {
  path: string;
  type: AnyTRPCProcedure["_def"]["type"];
  meta: PolicyMeta;
  /** What tRPC keeps of it; only `policy.test.ts` looks inside. */
  definition: unknown;
  /**
   * Runs the whole chain. `readInput` is asked by the input step, so that nothing of a body is read
   * or parsed for a caller whom limit, authentication or permission refuse. Rejects with what a step threw.
   */
  call(
    ctx: Context,
    readInput: () => Promise<unknown>,
    signal: AbortSignal | undefined,
    batchIndex: number,
  ): Promise<unknown>;
};

const defaultBodyBytes = 65_536;
export const bodyBytesOf = ({ meta }: CallableProcedure) => meta.bodyBytes ?? defaultBodyBytes;

/**
 * The limit of a body that holds the inputs of several calls: the largest of theirs, but more than
 * usual only if each of them allows it. Else whoever may call the one could send a body for the other.
 */
export function commonBodyBytes(called: CallableProcedure[]): number {
  const limits = called.map(bodyBytesOf);
  const large = limits.length > 0 && limits.every((limit) => limit > defaultBodyBytes);
  return large
    ? Math.max(...limits)
    : Math.max(4096, ...limits.map((limit) => Math.min(limit, defaultBodyBytes)));
}

type Run = (call: ChainCall) => Promise<unknown>;

function toCallable(path: string, procedure: AnyTRPCProcedure, runOf: MakeRun): CallableProcedure {
  const { type, meta = {} } = procedure._def as Pick<CallableProcedure, "type"> & {
    meta?: PolicyMeta;
  };
  const run = runOf(procedure, meta, type);
  return {
    path,
    type,
    meta,
    definition: procedure._def,
    // Several steps of a chain ask for the input; a body can be read only once.
    call: (ctx, readInput, signal, batchIndex) =>
      run({ ctx, getRawInput: once(readInput), path, type, signal, batchIndex }),
  };
}

type MakeRun = (
  procedure: AnyTRPCProcedure,
  meta: PolicyMeta,
  type: CallableProcedure["type"],
) => Run;

/** Those whose chain costs more than their work, each with a shorter way through the same steps. */
const shorter: ReadonlyMap<string, MakeRun> = new Map([
  ["events.ingest", (_procedure, meta, type) => ingestDirectly(meta, type)],
]);

const defined = Object.entries(
  appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>,
);

/** Every procedure by its resolved path: no other spelling of a URL reaches one. */
export const procedures: ReadonlyMap<string, CallableProcedure> = new Map(
  defined.map(([path, procedure]) => [
    path,
    toCallable(path, procedure, shorter.get(path) ?? createRunner),
  ]),
);

/** All of them by their chains, for the test that compares the shorter ways with these. */
export const chains: ReadonlyMap<string, CallableProcedure> = new Map(
  defined.map(([path, procedure]) => [path, toCallable(path, procedure, createRunner)]),
);

/** @throws AppError `unknown_procedure` */
export function procedureAt(path: string): CallableProcedure {
  const found = procedures.get(path);
  if (!found) throw new AppError("unknown_procedure", "There is no such procedure.");
  return found;
}
