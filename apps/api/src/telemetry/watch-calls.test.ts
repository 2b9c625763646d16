import { expect, test } from "vitest";
import type { Context } from "../trpc/context.ts";
import { watchCalls } from "./watch-calls.ts";

type Call = { took: number; sending?: number };

/** What is written and counted of calls, in milliseconds. */
function watch(slowRequestMilliseconds: number, calls: Call[], waited?: number) {
  const lines: unknown[] = [];
  const counted: string[] = [];
  const write = (level: string) => (fields: object, text: string) =>
    void lines.push([level, text, fields]);
  const watched = watchCalls({
    config: { slowRequestMilliseconds, accessLog: false },
    metrics: {
      answered: (procedure, status, seconds) => counted.push(`${procedure} ${status} ${seconds}`),
      slow: (procedure) => counted.push(`slow ${procedure}`),
    },
    telemetry: waited === undefined ? null : { waited: () => waited },
    log: { info: write("info"), warn: write("warn") },
  });
  for (const { took, sending = 0 } of calls) {
    const ctx = { request: { id: "1" }, sendingMilliseconds: sending } as Context;
    watched.answered(ctx, "a.b", { status: 200 }, took);
  }
  watched.close();
  return { lines, counted };
}

test("a call that takes as long as the setting says is slow, and one that takes less is not", () => {
  const { lines, counted } = watch(1000, [{ took: 999 }, { took: 1000 }]);
  const fields = { procedure: "a.b", status: 200, ms: 1000, requestId: "1" };
  expect(lines).toEqual([["warn", "slow call", fields]]);
  expect(counted).toEqual(["a.b 200 0.999", "a.b 200 1", "slow a.b"]);
});

test("what the caller took to send is no part of it, and how long it waited for the database is told", () => {
  const calls = [
    { took: 9000, sending: 8500 },
    { took: 9000, sending: 7000 },
  ];
  const fields = { procedure: "a.b", status: 200, requestId: "1" };
  expect(watch(1000, calls, 450.4).lines).toEqual([
    ["warn", "slow call", { ...fields, ms: 9000, sendingMs: 7000, waitedMs: 450 }],
  ]);
});

test("many at once are ten lines and one that says how many more, but each is counted", () => {
  const { lines, counted } = watch(1, Array(50).fill({ took: 2 }));
  expect(lines).toHaveLength(11);
  expect(lines[10]).toEqual(["warn", "slow call", { procedure: "a.b", more: 40 }]);
  expect(counted.filter((one) => one === "slow a.b")).toHaveLength(50);
});

test("none is where there is no such time", () => {
  expect(watch(Number.POSITIVE_INFINITY, [{ took: 1e9 }]).lines).toEqual([]);
});
