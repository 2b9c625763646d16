import type { AnyTRPCProcedure } from "@trpc/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { AppError, toAppError } from "../errors.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import { createRunner } from "./run-chain.ts";

const steps = procedure
  .meta({ limit: "general" })
  .use(async ({ next, ctx }) => {
    const result = await next({ ctx: { first: 1 } });
    // What a later step adds is not seen by an earlier one.
    return "second" in ctx ? { ...result, ok: true as const, data: "leaked" } : result;
  })
  .input(z.object({ a: z.number() }))
  .use(({ next, input, meta, path }) => next({ ctx: { second: [input.a, meta?.limit, path] } }))
  .input(z.object({ b: z.string().optional() }));

const cases: Record<string, AnyTRPCProcedure> = {
  answers: steps.output(z.array(z.unknown())).query(({ ctx, input }) => [ctx.second, input]),
  "wrong output": steps.output(z.string()).query(() => 1 as unknown as string),
  "known error": steps.query(() => {
    throw new AppError("not_found", "There is none.");
  }),
  "unknown error": steps.query(() => {
    throw new Error("unknown");
  }),
  "no answer": steps.use(async () => undefined as never).query(() => 1),
  "replaced raw input": steps
    .use(({ next }) => next({ getRawInput: async () => ({ c: true }) }))
    .input(z.object({ c: z.boolean() }))
    .query(({ input }) => input),
  "replaced input": steps.use(({ next }) => next({ input: 7 })).query(({ input }) => input),
};

const outcomeOf = (run: () => Promise<unknown>) =>
  run().then(
    (data) => ({ data }),
    (error: unknown) => {
      const { reason, message } = toAppError(error);
      return { reason, message };
    },
  );

test.each(Object.entries(cases))("%s as tRPC's own caller does", async (_name, made) => {
  for (const raw of [{ a: 1, b: "b" }, { a: 1 }, { a: "x" }, undefined]) {
    const ctx = { deps: {} } as Context;
    const call = {
      ctx,
      getRawInput: async () => raw,
      path: "test.path",
      type: made._def.type,
      signal: new AbortController().signal,
      batchIndex: 0,
    };
    const theirs = made as unknown as (options: typeof call) => Promise<unknown>;
    expect(await outcomeOf(() => createRunner(made)(call))).toEqual(
      await outcomeOf(() => theirs(call)),
    );
    expect(ctx).toEqual({ deps: {} });
  }
});
