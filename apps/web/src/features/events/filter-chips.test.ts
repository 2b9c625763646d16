import { expect, test } from "vitest";
import { chipsOf, scalarOf, written } from "./filter-chips.ts";

const agentId = "01930000-0000-7000-8000-000000000001";

test("every filter except the text has a chip that takes only itself away", () => {
  const filters = {
    agentId,
    types: ["ssh.login.failed", "ssh.*"],
    levels: ["warn" as const],
    text: "Failed",
    props: [
      { op: "eq" as const, path: "port", value: 22 },
      { op: "exists" as const, path: "user" },
    ],
  };
  const chips = chipsOf(filters, () => "bastion");
  expect(chips.map(({ name, value }) => `${name} ${value}`)).toEqual([
    "type ssh.login.failed",
    "type ssh.*",
    "level warn",
    "agent bastion",
    "port 22",
    "user is present",
  ]);
  expect(new Set(chips.map(({ key }) => key)).size).toBe(chips.length);
  expect(chips[0]?.without).toEqual({ ...filters, types: ["ssh.*"] });
  expect(chips[4]?.without).toEqual({ ...filters, props: [filters.props[1]] });
  for (const chip of chips) {
    expect(chipsOf(chip.without, () => "bastion")).toHaveLength(chips.length - 1);
  }
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["root", "root"],
  ["42", 42],
  ["true", true],
  ["null", null],
  ['"42"', "42"],
  ["{}", "{}"],
  ["1e999", "1e999"],
])("typing %s means %s", (typed, value) => {
  expect(scalarOf(typed)).toBe(value);
});

test.each(["root", "42", 42, true, null, '"quoted"', ""])(
  "%s is written as it is typed",
  (value) => {
    expect(scalarOf(written(value))).toBe(value);
  },
);
