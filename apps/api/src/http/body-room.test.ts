import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { giveRoomBack, roomBytes, roomFor, strangersRoomBytes } from "./body-room.ts";

const begun: EventEmitter[] = [];
afterEach(() => {
  for (const response of begun.splice(0)) response.emit("close");
});

/** A body under way. */
function body(id: string, isUser: boolean) {
  const response = Object.assign(new EventEmitter(), { closed: false });
  begun.push(response);
  const take = roomFor(response as unknown as ServerResponse, { id, isUser });
  return { take, answer: () => giveRoomBack(response as unknown as ServerResponse) };
}
const full = expect.objectContaining({ reason: "overloaded" });

test("strangers have a room of their own, and each of them a quarter of it", () => {
  const quarter = strangersRoomBytes / 4;
  body("a", false).take(quarter);
  expect(() => body("a", false).take(1)).toThrow(full);
  for (const address of ["b", "c", "d"]) body(address, false).take(quarter);
  expect(() => body("e", false).take(1)).toThrow(full);
  body("a", true).take(1000);
});

test("a user has a quarter of each room, and one body may be larger alone", () => {
  const large = body("a", true);
  large.take(roomBytes / 2);
  large.take(1000);
  expect(() => body("a", true).take(100_000)).toThrow(full);
  body("a", true).take(10_000);
  body("b", true).take(100_000);
  large.answer();
  body("a", true).take(100_000);
});

test("what is refused or answered has given back all that it took, once", () => {
  const [large, more] = [body("a", true), body("b", true)];
  large.take(roomBytes);
  expect(() => more.take(roomBytes)).toThrow(full);
  for (const each of [large, more, large]) each.answer();
  body("c", true).take(roomBytes);
  expect(() => body("d", true).take(200_000)).toThrow(full);
});
