import fc from "fast-check";
import { expect, test } from "vitest";
import { eventId } from "./event-id.ts";

const line = {
  source: "host:/var/log/auth.log",
  format: "sshd",
  line: "x",
  ordinal: 0,
  sequence: 0,
  time: 1,
};
const version7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("every id is a UUID of version 7 that begins with the line's time, and is the same again", () => {
  const identity = fc.record({
    source: fc.string(),
    format: fc.constantFrom("sshd", "apache", "jsonl"),
    line: fc.string({ unit: "binary" }),
    ordinal: fc.nat(),
    sequence: fc.nat(),
    time: fc.nat(2 ** 48 - 1),
  });
  fc.assert(
    fc.property(identity, (it) => {
      const id = eventId(it);
      expect(id).toMatch(version7);
      expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(it.time);
      expect(eventId({ ...it })).toBe(id);
    }),
  );
});

test("source, format, text and ordinal each make another event", () => {
  const ids = [
    line,
    { ...line, source: "other:/var/log/auth.log" },
    { ...line, format: "apache" },
    { ...line, line: "y" },
    { ...line, ordinal: 1 },
  ].map(eventId);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each([undefined, -1, 2 ** 48])(
  "without a usable time (%s) an id is dated 2000-01-01",
  (time) => {
    const id = eventId({ ...line, time });
    expect(id).toMatch(version7);
    expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(Date.UTC(2000, 0, 1));
  },
);

test("lines of one time sort in the order of the log", () => {
  const ids = Array.from({ length: 300 }, (_, at) =>
    eventId({ ...line, line: `line ${at}`, sequence: at }),
  );
  expect([...ids].sort()).toEqual(ids);
});
