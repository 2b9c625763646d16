import type { AnyTRPCProcedure, TRPCError } from "@trpc/server";
import { getTRPCErrorFromUnknown } from "@trpc/server";
import type { Context } from "./context.ts";

/** What a call brings to the first step of its chain. */
export type ChainCall = {
  ctx: Context;
  getRawInput: () => Promise<unknown>;
  path: string;
  type: AnyTRPCProcedure["_def"]["type"];
  signal: AbortSignal;
  batchIndex: number;
};

type Result = { ok: true; data: unknown } | { ok: false; error: TRPCError };

type Next = { ctx?: object; input?: unknown; getRawInput?: ChainCall["getRawInput"] };

type Step = (
  options: ChainCall & { meta: unknown; input: unknown; next(next?: Next): Promise<Result> },
) => Promise<Result>;

type Definition = { middlewares: Step[]; meta: unknown };

async function runFrom(
  definition: Definition,
  index: number,
  call: ChainCall,
  input: unknown,
): Promise<Result> {
  const { middlewares, meta } = definition;
  const step = middlewares[index];
  if (!step) throw new Error(`${call.path} has no handler`);
  const next = (given: Next = {}) => {
    const { ctx, getRawInput = call.getRawInput } = given;
    const rest = ctx
      ? { ...call, ctx: { ...call.ctx, ...ctx }, getRawInput }
      : { ...call, getRawInput };
    return runFrom(definition, index + 1, rest, "input" in given ? given.input : input);
  };
  try {
    return await step({ ...call, meta, input, next });
  } catch (cause) {
    return { ok: false, error: getTRPCErrorFromUnknown(cause) };
  }
}

/**
 * Runs the steps of a procedure one inside the other, as tRPC's own caller does, but copies contexts
 * with the language's own spread: the library's, compiled for old engines, takes ten times as long.
 * Rejects with what a step threw (`run-chain.test.ts` holds it to tRPC's caller).
 */
export async function runChain(procedure: AnyTRPCProcedure, call: ChainCall): Promise<unknown> {
  const definition = procedure._def as unknown as Definition;
  const result: Result | undefined = await runFrom(definition, 0, call, undefined);
  if (!result) throw new Error(`a step of ${call.path} answered nothing`);
  if (!result.ok) throw result.error;
  return result.data;
}
