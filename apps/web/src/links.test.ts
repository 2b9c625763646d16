import type { AppRouter } from "@muniment/api/router.ts";
import { type Operation, TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable, observableToPromise } from "@trpc/server/observable";
import { describe, expect, it, vi } from "vitest";
import { problemOf } from "./errors.ts";
import { checkOutput, plainPageInput, stepUp } from "./links.ts";

type Answer = (op: Operation) => unknown;

/** Runs one operation through a link in front of a server that gives the answers in order. */
function run(link: TRPCLink<AppRouter>, op: Partial<Operation>, ...answers: Answer[]) {
  const sent: Operation[] = [];
  const call = link({})({
    op: { id: 1, type: "query", path: "agents.list", input: {}, context: {}, signal: null, ...op },
    next: (operation) =>
      observable((observer) => {
        sent.push(operation);
        try {
          const data = answers[sent.length - 1]?.(operation);
          observer.next({ result: { type: "data", data } });
          observer.complete();
        } catch (error) {
          observer.error(error as TRPCClientError<AppRouter>);
        }
      }),
  });
  return { sent, answer: observableToPromise(call).then(({ result }) => result) };
}

function refuse(reason: string): Answer {
  return () => {
    throw TRPCClientError.from({
      error: { code: -32003, message: reason, data: { code: "FORBIDDEN", reason, requestId: "r" } },
    });
  };
}

describe("plainPageInput", () => {
  const page: Answer = () => ({ items: [], nextCursor: null });

  it("takes what infinite queries add out of the input", async () => {
    const first = run(
      plainPageInput,
      { input: { limit: 5, cursor: null, direction: "forward" } },
      page,
    );
    await first.answer;
    expect(first.sent[0]?.input).toEqual({ limit: 5 });
    const next = run(plainPageInput, { input: { cursor: "abc", direction: "forward" } }, page);
    await next.answer;
    expect(next.sent[0]?.input).toEqual({ cursor: "abc" });
  });

  it("leaves every other input alone", async () => {
    const input = { id: "x", cursor: null };
    const { sent, answer } = run(plainPageInput, { input }, page);
    await answer;
    expect(sent[0]?.input).toBe(input);
  });
});

describe("checkOutput", () => {
  it("passes an answer of the promised form", async () => {
    const page = { items: [], nextCursor: null };
    expect(await run(checkOutput, {}, () => page).answer).toMatchObject({ data: page });
  });

  it.each([
    ["a wrong type", { items: "none", nextCursor: null }],
    ["a missing field", { items: [] }],
    ["a field too many", { items: [], nextCursor: null, passwordHash: "x" }],
    ["nothing", undefined],
  ])("refuses %s before anything can show it", async (_, data) => {
    const error: unknown = await run(checkOutput, {}, () => data).answer.catch((e: unknown) => e);
    expect(problemOf(error).message).toMatch(/not in the form/);
  });
});

describe("stepUp", () => {
  const op = { type: "mutation", path: "apiKeys.create" } as const;
  const needed = refuse("reauthentication_required");

  it("repeats the mutation once the person has confirmed", async () => {
    const confirm = vi.fn(async () => true);
    const { sent, answer } = run(stepUp(confirm), op, needed, () => "made");
    expect(await answer).toMatchObject({ data: "made" });
    expect(sent).toHaveLength(2);
    expect(confirm).toHaveBeenCalledOnce();
  });

  it("passes the refusal on when the person declines", async () => {
    const { sent, answer } = run(
      stepUp(async () => false),
      op,
      needed,
      () => "made",
    );
    await expect(answer).rejects.toThrow("reauthentication_required");
    expect(sent).toHaveLength(1);
  });

  it("asks once only, even when the server refuses again", async () => {
    const confirm = vi.fn(async () => true);
    await expect(run(stepUp(confirm), op, needed, needed).answer).rejects.toThrow();
    expect(confirm).toHaveBeenCalledOnce();
  });

  it("does not ask for other refusals, nor for queries", async () => {
    const confirm = vi.fn(async () => true);
    await expect(run(stepUp(confirm), op, refuse("not_permitted")).answer).rejects.toThrow();
    await expect(run(stepUp(confirm), { type: "query" }, needed).answer).rejects.toThrow();
    expect(confirm).not.toHaveBeenCalled();
  });
});
