import { expect, test } from "vitest";
import { fromAnyValue, fromAttributes } from "./any-value.ts";
import { createConverter, readExportRequest } from "./export-request.ts";
import { levelOf } from "./severity.ts";
import { toEvent } from "./to-event.ts";

const nothing = { resource: {}, scope: {} };
const first = () => 0;
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const attribute = (key: string, stringValue = "x") => ({ key, value: { stringValue } });

test.each([
  [{ stringValue: "x" }, "x"],
  [{ boolValue: false }, false],
  [{ intValue: "42" }, 42],
  [{ intValue: 42 }, 42],
  [{ intValue: "9007199254740993" }, "9007199254740993"],
  [{ doubleValue: 0.5 }, 0.5],
  [{ doubleValue: "NaN" }, "NaN"],
  [{ bytesValue: "AAE=" }, "AAE="],
  [{ arrayValue: { values: [{ intValue: "1" }, {}] } }, [1, null]],
  [{ arrayValue: {} }, []],
  [{ kvlistValue: { values: [attribute("a")] } }, { a: "x" }],
  [{}, null],
])("the value %j is %j", (any, value) => {
  expect(plain(fromAnyValue(any))).toEqual(value);
});

test.each([
  [null],
  ["x"],
  [{ stringValue: 1 }],
  [{ intValue: "1.5" }],
  [{ intValue: 9007199254740992 }],
  [{ boolValue: "true" }],
  [{ otherValue: 1 }],
  [{ stringValue: "a", intValue: 1 }],
  [{ arrayValue: { values: {} } }],
  [{ kvlistValue: { values: [{ value: {} }] } }],
  [{ kvlistValue: { values: [attribute("a"), attribute("a")] } }],
])("the value %j is refused", (any) => {
  expect(() => fromAnyValue(any)).toThrow();
});

test("dotted keys are objects in objects, unless one key begins another", () => {
  const keys = [
    "service.name",
    "http.method",
    "http.status",
    "a",
    "a.b",
    "a.b.c",
    "x..y",
    "__proto__",
  ];
  const result = fromAttributes(keys.map((key) => attribute(key, key)));
  expect(JSON.stringify(result)).toBe(
    '{"service":{"name":"service.name"},"http":{"method":"http.method","status":"http.status"},' +
      '"a":"a","a.b":"a.b","a.b.c":"a.b.c","x..y":"x..y","__proto__":"__proto__"}',
  );
});

test.each([
  [1, undefined, "debug"],
  [8, undefined, "debug"],
  [9, "ERROR", "info"],
  [16, undefined, "warn"],
  [17, undefined, "error"],
  [24, undefined, "critical"],
  [0, "Warning", "warn"],
  [undefined, "FATAL", "critical"],
  [99, "who knows", "info"],
])("severity %s %s is %s", (number, text, level) => {
  expect(levelOf(number, text)).toBe(level);
});

const record = {
  timeUnixNano: "1795248000123456789",
  observedTimeUnixNano: "1795248000999000000",
  severityNumber: 13,
  severityText: "WARN",
  eventName: "Login Failed!",
  body: { stringValue: "no" },
  attributes: [attribute("user.name", "ada")],
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  spanId: "00f067aa0ba902b7",
};

test("a log record is an event with all that it says", () => {
  const source = { resource: fromAttributes([attribute("service.name", "shop")]), scope: {} };
  expect(plain(toEvent(record, source, "agent", first))).toEqual({
    id: expect.stringMatching(/^01a1fd1e-8c7b-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    type: "login_failed_",
    level: "warn",
    occurredAt: new Date(1795248000123).toISOString(),
    message: "no",
    subject: "service:shop",
    traceId: record.traceId,
    props: {
      attributes: { user: { name: "ada" } },
      resource: { service: { name: "shop" } },
      severityText: "WARN",
      spanId: record.spanId,
      eventName: "Login Failed!",
      timeUnixNano: "1795248000123456789",
    },
  });
});

test("the id is the same for the same record, and another for anything else", () => {
  const idOf = (changed: object, owner = "agent", before = 0) =>
    toEvent({ ...record, ...changed }, nothing, owner, () => before).id;
  const id = idOf({});
  expect(idOf({})).toBe(id);
  const others = [
    idOf({ observedTimeUnixNano: "1795248000999000001" }),
    idOf({ timeUnixNano: "1795248000123456788" }),
    idOf({ body: { stringValue: "yes" } }),
    idOf({}, "another agent"),
    idOf({}, "agent", 1),
  ];
  expect(new Set([id, ...others]).size).toBe(6);
});

test("a record without any time has no id, for nothing tells it from an equal one", () => {
  expect(toEvent({ body: { stringValue: "x" } }, nothing, "agent", first)).toEqual({
    type: "otel.log",
    level: "info",
    message: "x",
  });
});

test("a body that is no text, or too long for a message, stands whole in props", () => {
  const body = { kvlistValue: { values: [attribute("a")] } };
  const structured = toEvent({ body }, nothing, "agent", first);
  expect(plain(structured)).toMatchObject({ message: '{"a":"x"}', props: { body: { a: "x" } } });
  const text = "ä".repeat(3000);
  const long = toEvent({ body: { stringValue: text } }, nothing, "agent", first);
  expect(long.message).toBe("ä".repeat(2048));
  expect(long.props).toEqual({ body: text });
});

test("equal records of one request have ids of their own, the same ones when it is made again", () => {
  const text = JSON.stringify({
    resourceLogs: [{ scopeLogs: [{ logRecords: [record, record, { ...record, spanId: "b" }] }] }],
  });
  const ids = () =>
    createConverter("agent")(readExportRequest(text)).events.map((event) => event?.id);
  expect(new Set(ids()).size).toBe(3);
  expect(ids()).toEqual(ids());
});

test.each([
  ["[]", "invalid_input"],
  ['{"resourceLogs":{}}', "invalid_input"],
  ['{"resourceLogs":[1]}', "invalid_input"],
  ["{", "invalid_json"],
  ["{} {}", "invalid_json"],
  [`${"[".repeat(200)}${"]".repeat(200)}`, "invalid_input"],
  [`{"a":[${"{},".repeat(2_200_000)}{}]}`, "body_too_large"],
  [
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${"{},".repeat(10_000)}{}]}]}]}`,
    "body_too_large",
  ],
])("a request that is none, or too much, is refused as a whole (%#)", (text, reason) => {
  expect(() => readExportRequest(text)).toThrow(expect.objectContaining({ reason }));
});
