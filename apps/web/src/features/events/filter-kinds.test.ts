import { printEventQuery } from "@muniment/shared/event-query/print.ts";
import { expect, test } from "vitest";
import { filterKinds, scalarOf } from "./filter-kinds.ts";

const termOf = (name: string, value: string, path = "") => {
  const term = filterKinds.find((kind) => kind.name === name)?.term(value, path);
  return term && printEventQuery(term);
};

test.each([
  ["Type", "ssh.login", "", "type:ssh.login"],
  ["Type", "ssh.*", "", "type:ssh.*"],
  ["Level", "warn", "", "level:warn"],
  ["Agent", "my shop", "", 'agent:"my shop"'],
  ["Property", "22", "port", "props.port=22"],
  ["Property", '"22"', "props.port", 'props.port:"22"'],
  ["Subject", "user:*", "", "subject:user:*"],
  ["Subject", "a b", "", 'subject:"a b"'],
  ["Trace id", "4bf9", "", "trace:4bf9"],
])("%s %s %s is the term %s", (name, value, path, expected) => {
  expect(termOf(name, value, path)).toBe(expected);
});

test.each([
  ["Type", "A B", ""],
  ["Type", "", ""],
  ["Level", "loud", ""],
  ["Agent", "", ""],
  ["Property", "", "port"],
  ["Property", "22", ""],
  ["Subject", "", ""],
])("there is no term for %s %s %s", (name, value, path) => {
  expect(termOf(name, value, path)).toBeUndefined();
});

test.each([
  ["42", 42],
  ['"42"', "42"],
  ["true", true],
  ["null", null],
  ["root", "root"],
  ["{}", "{}"],
  ["1e999", "1e999"],
])("%s means %s", (typed, expected) => {
  expect(scalarOf(typed)).toBe(expected);
});
