import { expect, test } from "vitest";
import { inputOf, noValues } from "./witness-input.ts";

test("of what the form holds only that of its kind is sent", () => {
  const target = "https://s3.example.org/evidence/audit";
  const keys = { accessKeyId: "a", secretAccessKey: "b" };
  const values = { ...noValues, ...keys, target, key: "left from another kind" };
  const data = (changes: object) => inputOf({ ...values, ...changes }).data;
  expect(data({ kind: "bucket" })).toEqual({ kind: "bucket", target, ...keys });
  const locked = { ...keys, region: "eu-1", retainDays: 30 };
  expect(data({ kind: "bucket", region: "eu-1", retainDays: "30" })).toEqual({
    ...{ kind: "bucket", target, ...locked },
  });
  expect(data({ kind: "webhook" })).toEqual({ kind: "webhook", target });
  expect(data({ kind: "witness" })).toEqual({ kind: "witness", target, key: values.key });
  const mailbox = { kind: "email", target: "a@example.org" };
  expect(data(mailbox)).toEqual(mailbox);
});
