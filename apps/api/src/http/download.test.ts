import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { Context } from "../trpc/context.ts";
import { download } from "./download.ts";
import type { Exchange } from "./exchange.ts";

const makeContext = () =>
  ({
    identify: async () => ({ kind: "anonymous" }),
    deps: { stopping: new AbortController().signal, log: { debug: () => {} } },
  }) as unknown as Context;

test("who puts even nothing for a caller that has gone is told", async () => {
  const sink = new Writable();
  const response = Object.assign(sink, { writeHead: () => sink }) as unknown as ServerResponse;
  const exchange = { response, headers: [] as string[] } as Exchange;
  let put: unknown;
  await download(exchange, makeContext(), { type: "text/plain", name: "a.txt" }, async (write) => {
    await new Promise((resolve) => sink.destroy().once("close", resolve));
    put = write(Buffer.alloc(0));
    await put;
  });
  await expect(put).rejects.toMatchObject({ name: "AbortError" });
});

test("a large part goes out in slices, each of which has its own time to be taken", async () => {
  const taken: Buffer[] = [];
  const sink = new Writable({
    write(slice: Buffer, _, done) {
      taken.push(slice);
      setImmediate(done);
    },
  });
  const response = Object.assign(sink, { writeHead: () => sink }) as unknown as ServerResponse;
  const bytes = Buffer.alloc(300_000, "abc");
  const exchange = { response, headers: [] as string[] } as Exchange;
  await download(exchange, makeContext(), { type: "text/plain", name: "a.txt" }, (put) =>
    put(bytes),
  );
  expect(taken.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 65_536, 37_856]);
  expect(Buffer.concat(taken).equals(bytes)).toBe(true);
});
