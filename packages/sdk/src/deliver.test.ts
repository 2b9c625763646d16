import { expect, test } from "vitest";
import { backoffMilliseconds, deliver } from "./deliver.ts";
import { startFakeServer } from "./fake-server.fixture.ts";

test("waiting is anything up to a bound that doubles from half a second to a minute", () => {
  expect([0, 1, 2, 3, 7, 50].map((attempt) => backoffMilliseconds(attempt, 0, 1))).toEqual([
    500, 1000, 2000, 4000, 60_000, 60_000,
  ]);
  expect(backoffMilliseconds(3, 0, 0)).toBe(0);
});

test("it is never shorter than the server asks for", () => {
  expect(backoffMilliseconds(0, 90_000, 0)).toBe(90_000);
  expect(backoffMilliseconds(9, 90_000, 1)).toBe(91_000);
});

test("a call that is not answered in time is made again under the same ids", async () => {
  await using server = await startFakeServer((call) => (call === 0 ? "silence" : undefined));
  const accounts: number[] = [];
  await deliver([{ json: '{"id":"a","type":"a"}' }], {
    target: { ...server.target, timeoutMilliseconds: 2000 },
    stop: new AbortController().signal,
    retryForMilliseconds: 30_000,
    onAnswer: ({ accepted, duplicates }) => accounts.push(accepted, duplicates),
  });
  expect(accounts).toEqual([0, 1]);
  expect(server.calls).toEqual([["a"], ["a"]]);
});

test("the address may have a path of its own, and a wrong one is refused at once", async () => {
  await using server = await startFakeServer();
  const url = new URL("behind/a/proxy/", server.target.url);
  const delivery = deliver([{ json: '{"id":"a"}' }], {
    target: { ...server.target, url },
    stop: new AbortController().signal,
    retryForMilliseconds: 10_000,
    onAnswer: () => {},
  });
  await expect(delivery).rejects.toThrow("404: /behind/a/proxy/api/v1/events");
});
