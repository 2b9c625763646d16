import type { AnyTRPCProcedure } from "@trpc/server";
import { AppError } from "../errors.ts";
import { appRouter } from "../router.ts";
import type { Context } from "../trpc/context.ts";
import type { PolicyMeta } from "../trpc/init.ts";

export type CallableProcedure = {
  path: string;
  type: AnyTRPCProcedure["_def"]["type"];
  meta: PolicyMeta;
  /** What tRPC keeps of it; only `policy.test.ts` looks inside. */
  definition: unknown;
  /** Runs the whole chain. Rejects with whatever a step threw. */
  call(ctx: Context, input: unknown, signal: AbortSignal, batchIndex: number): Promise<unknown>;
};

const defaultBodyBytes = 65_536;
export const bodyBytesOf = ({ meta }: CallableProcedure) => meta.bodyBytes ?? defaultBodyBytes;

type Invoke = (options: {
  ctx: Context;
  getRawInput: () => Promise<unknown>;
  path: string;
  type: string;
  signal: AbortSignal;
  batchIndex: number;
}) => Promise<unknown>;

function toCallable(path: string, procedure: AnyTRPCProcedure): CallableProcedure {
  const { type, meta } = procedure._def as { type: CallableProcedure["type"]; meta?: PolicyMeta };
  const invoke = procedure as unknown as Invoke;
  return {
    path,
    type,
    meta: meta ?? {},
    definition: procedure._def,
    call: (ctx, input, signal, batchIndex) =>
      invoke({ ctx, getRawInput: async () => input, path, type, signal, batchIndex }),
  };
}

/** Every procedure by its resolved path: no other spelling of a URL reaches one. */
export const procedures: ReadonlyMap<string, CallableProcedure> = new Map(
  Object.entries(appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>).map(
    ([path, procedure]) => [path, toCallable(path, procedure)],
  ),
);

/** @throws AppError `unknown_procedure` */
export function procedureAt(path: string): CallableProcedure {
  const found = procedures.get(path);
  if (!found) throw new AppError("unknown_procedure", "There is no such procedure.");
  return found;
}
