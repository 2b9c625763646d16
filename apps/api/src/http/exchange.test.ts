import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { type Exchange, sendJson } from "./exchange.ts";

const made: ServerResponse[] = [];

function exchange(headers: string[] = []): Exchange {
  const request = new IncomingMessage(new Socket());
  request.complete = true;
  const response = new ServerResponse(request);
  made.push(response);
  return { request, response, id: "", address: "", path: "/", search: "", headers };
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

test("a head that cannot be is found where it was made", () => {
  expect(() => sendJson(exchange(["x-name", "a\r\nset-cookie: b"]), 200, "{}")).toThrow(
    "Invalid character",
  );
});
