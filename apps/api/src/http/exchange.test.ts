import { once } from "node:events";
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { tellWhenGone } from "./behind-others.ts";
import { type Exchange, mustLeave, send, sendJson } from "./exchange.ts";

const made: ServerResponse[] = [];

function exchange(headers: string[] = []): Exchange {
  const request = new IncomingMessage(new Socket());
  request.complete = true;
  const response = new ServerResponse(request);
  made.push(response);
  return { request, response, id: "", address: "", path: "/", route: "", search: "", headers };
}

test("answers of one turn of the event loop end at its end, all of them", async () => {
  const [first, gone, last] = [exchange(), exchange(), exchange()];
  for (const each of [first, gone, last]) sendJson(each, 200, "{}");
  gone.response.destroy();
  expect([first, last].map(({ response }) => response.writableEnded)).toEqual([false, false]);
  await setImmediate();
  expect([first, last].map(({ response }) => response.writableEnded)).toEqual([true, true]);
});

test("one that is sent by then ends in the next turn", async () => {
  sendJson(exchange(), 200, "{}");
  await setImmediate();
  const later = exchange();
  sendJson(later, 200, "{}");
  await setImmediate();
  expect(later.response.writableEnded).toBe(true);
});

afterEach(() => {
  // Without a connection they close by nobody else, and would be waited for in other tests.
  for (const response of made.splice(0)) response.emit("close");
  vi.useRealTimers();
});

test("one that nobody reads is let go after two minutes", () => {
  vi.useFakeTimers();
  const unread = exchange();
  sendJson(unread, 200, "{}");
  vi.advanceTimersByTime(119_000);
  expect(unread.response.destroyed).toBe(false);
  vi.advanceTimersByTime(2000);
  expect(unread.response.destroyed).toBe(true);
});

test("so is one that waited for the rest of its call, once that came or nothing more does", () => {
  vi.useFakeTimers();
  const [whole, quiet] = [exchange(), exchange()];
  for (const each of [whole, quiet]) {
    each.request.complete = false;
    each.response.shouldKeepAlive = false;
    sendJson(each, 200, "{}");
  }
  whole.request.emit("close");
  vi.advanceTimersByTime(1000);
  expect([whole, quiet].map(({ response }) => response.writableEnded)).toEqual([true, true]);
  quiet.request.emit("data");
  quiet.request.emit("close");
  vi.advanceTimersByTime(118_000);
  expect([whole, quiet].map(({ response }) => response.destroyed)).toEqual([false, false]);
  vi.advanceTimersByTime(2000);
  expect([whole, quiet].map(({ response }) => response.destroyed)).toEqual([true, true]);
});

test("those that have waited for longest are let go where too much is held for all together", async () => {
  const many = Array.from({ length: 12 }, () => exchange());
  const body = Buffer.alloc(16 * 1024 * 1024);
  for (const each of many) send(each, 200, "text/plain", body);
  await setImmediate();
  const letGo = many.map(({ response }) => response.destroyed);
  expect(letGo.slice(0, 5)).toEqual(Array(5).fill(true));
  expect(letGo.slice(5)).toEqual(Array(7).fill(false));
  // What has left is held no more.
  for (const { response } of many) response.emit("close");
  const [first, last] = [exchange(), exchange()];
  for (const each of [first, last]) send(each, 200, "text/plain", body);
  await setImmediate();
  expect([first, last].map(({ response }) => response.destroyed)).toEqual([false, false]);
});

test("with those that wait behind another of their connection goes the connection", async () => {
  const body = Buffer.alloc(16 * 1024 * 1024);
  const server = createServer((request, response) => {
    tellWhenGone(request, response);
    made.push(response);
    const its = {
      request,
      response,
      id: "",
      address: "",
      path: "/",
      route: "",
      search: "",
      headers: [],
    };
    // The first never ends, so nothing of the others is sent.
    if (made.length === 1) response.write("a");
    else send(its, 200, "text/plain", body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  try {
    const closed = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
    socket.resume().write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(13));
    await closed;
    await expect.poll(() => made.map((response) => response.closed)).toEqual(Array(13).fill(true));
  } finally {
    socket.destroy();
    server.close();
  }
});

test("one that comes piece by piece is sent as long as pieces are taken", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const piece = Buffer.alloc(65_536);
  const pieces = async function* () {
    for (;;) {
      yield piece;
      // As a file is read, in its own time.
      await setImmediate();
    }
  };
  const server = createServer((_request, response) => {
    made.push(response);
    mustLeave(response);
    pipeline(pieces, response).catch(() => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  try {
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let read = 0;
    socket.on("data", ({ length }) => {
      read += length;
    });
    for (const minutes of [2, 4, 6]) {
      const before = read;
      await expect.poll(() => read > before + 10_000_000).toBe(true);
      vi.advanceTimersByTime(120_000);
      expect([minutes, made[0]?.destroyed]).toEqual([minutes, false]);
    }
    socket.pause();
    const written = () => made[0]?.req.socket.bytesWritten;
    let last: number | undefined;
    await expect
      .poll(() => {
        const same = written() === last;
        last = written();
        return same;
      })
      .toBe(true);
    vi.advanceTimersByTime(240_000);
    expect(made[0]?.destroyed).toBe(true);
  } finally {
    socket.destroy();
    server.close();
  }
});

test("a head that cannot be is found where it was made", () => {
  expect(() => sendJson(exchange(["x-name", "a\r\nset-cookie: b"]), 200, "{}")).toThrow(
    "Invalid character",
  );
});
