import type { AnyTRPCProcedure } from "@trpc/server";
import { getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";
import { getParseFn, type Parser } from "@trpc/server/unstable-core-do-not-import";
import type { Context } from "./context.ts";

/** What a call brings to the first step of its chain. */
export type ChainCall = {
  ctx: Context;
  getRawInput: () => Promise<unknown>;
  path: string;
  type: AnyTRPCProcedure["_def"]["type"];
  signal: AbortSignal | undefined;
  batchIndex: number;
};

type Result = { ok: true; data: unknown } | { ok: false; error: TRPCError };

type Next = { ctx?: object; input?: unknown; getRawInput?: ChainCall["getRawInput"] };

type Step = (
  options: Omit<ChainCall, "ctx"> & {
    ctx: object;
    meta: unknown;
    input: unknown;
    next(next?: Next): Promise<Result>;
  },
) => Promise<Result>;

type Definition = {
  middlewares: (Step & { _type?: string })[];
  /** The parsers of its input steps, in their order. */
  inputs: Parser[];
  output?: Parser;
  meta: unknown;
};

type Chain = { steps: Step[]; meta: unknown };

const failed = (cause: unknown): Result => ({ ok: false, error: getTRPCErrorFromUnknown(cause) });

function runFrom(
  chain: Chain,
  index: number,
  call: ChainCall,
  ctx: object,
  input: unknown,
  getRawInput: ChainCall["getRawInput"],
): Promise<Result> {
  const { path, type, signal, batchIndex } = call;
  const { steps, meta } = chain;
  const step = steps[index];
  if (!step) return Promise.resolve(failed(new Error(`${path} has no handler`)));
  let passedOn: Promise<Result> | undefined;
  const next = (given?: Next) => {
    passedOn = runFrom(
      chain,
      index + 1,
      call,
      given?.ctx ? { ...ctx, ...given.ctx } : ctx,
      given && "input" in given ? given.input : input,
      given?.getRawInput ?? getRawInput,
    );
    return passedOn;
  };
  try {
    const answer = step({ ctx, meta, input, getRawInput, next, path, type, signal, batchIndex });
    // What another step answered never rejects.
    return answer === passedOn ? answer : answer.then(undefined, failed);
  } catch (cause) {
    return Promise.resolve(failed(cause));
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** tRPC's own step of that name, but for the copying. */
function inputStep(parser: Parser): Step {
  const parse = getParseFn(parser);
  return async ({ next, getRawInput, input }) => {
    const raw = await getRawInput();
    let parsed: unknown;
    try {
      parsed = await parse(raw);
    } catch (cause) {
      throw new TRPCError({ code: "BAD_REQUEST", cause });
    }
    return await next({
      input: isObject(input) && isObject(parsed) ? { ...input, ...parsed } : parsed,
    });
  };
}

/** tRPC's own step of that name, but for the copying. */
function outputStep(parser: Parser): Step {
  const parse = getParseFn(parser);
  return async ({ next }) => {
    const result = await next();
    if (!result.ok) return result;
    try {
      return { ...result, data: await parse(result.data) };
    } catch (cause) {
      const message = "Output validation failed";
      throw new TRPCError({ message, code: "INTERNAL_SERVER_ERROR", cause });
    }
  };
}

/**
 * Makes the runner of a procedure: its steps one inside the other, as in tRPC's own caller, but with
 * contexts and results copied by the language's own spread: the library's, compiled for old engines,
 * takes ten times as long. It rejects with what a step threw (`run-chain.test.ts` holds it to tRPC's caller).
 */
export function createRunner(procedure: AnyTRPCProcedure): (call: ChainCall) => Promise<unknown> {
  const { middlewares, inputs, output, meta } = procedure._def as unknown as Definition;
  const parsers = inputs.values();
  const steps = middlewares.map((step) => {
    const parser = step._type === "input" ? parsers.next().value : undefined;
    if (parser) return inputStep(parser);
    return step._type === "output" && output ? outputStep(output) : step;
  });
  const chain = { steps, meta };
  return async (call) => {
    const answer = runFrom(chain, 0, call, call.ctx, undefined, call.getRawInput);
    const result: Result | undefined = await answer;
    if (!result) throw new Error(`a step of ${call.path} answered nothing`);
    if (!result.ok) throw result.error;
    return result.data;
  };
}
