import { describe, expect, test } from "vitest";
import type { EventFilters } from "../../event-timeline.ts";
import { askFor, asksFor, stopAsking } from "./field-filters.ts";

const agentId = "01930000-0000-7000-8000-000000000001";
const eq = (path: string, value: string | number) => ({ op: "eq" as const, path, value });

describe("asking for a value", () => {
  test("adds types and levels to those already asked for", () => {
    expect(askFor({ types: ["a"] }, "type", "b")).toEqual({ types: ["a", "b"] });
    expect(askFor({ levels: ["warn"] }, "level", "error")).toEqual({ levels: ["warn", "error"] });
  });

  test("takes the place of the value that a single field was asked for", () => {
    expect(askFor({ subject: "a", text: "t" }, "subject", "b")).toEqual({
      subject: "b",
      text: "t",
    });
    expect(askFor({}, "agentId", agentId)).toEqual({ agentId });
    expect(askFor({ props: [eq("user", "root"), eq("port", 22)] }, "props.user", "admin")).toEqual({
      props: [eq("port", 22), eq("user", "admin")],
    });
  });

  test.each([
    ["type", "Not A Type"],
    ["level", "loud"],
    ["agentId", "not an id"],
    ["subject", ""],
    ["subject", null],
    ["subject", "x".repeat(257)],
    ["props.user", "x".repeat(1025)],
    ["unknown", "value"],
  ])("has no filter for %s %s", (field, value) => {
    expect(askFor({}, field, value)).toBeUndefined();
  });

  test("stops at as many property filters as the API takes", () => {
    const props = [..."abcdefgh"].map((path) => eq(path, 1));
    expect(askFor({ props }, "props.i", 1)).toBeUndefined();
    expect(askFor({ props }, "props.a", 2)?.props).toHaveLength(8);
  });
});

describe("no longer asking", () => {
  test.each<[EventFilters, string, string | number, EventFilters]>([
    [{ types: ["a", "b"] }, "type", "a", { types: ["b"] }],
    [{ types: ["a"] }, "type", "a", { types: undefined }],
    [{ levels: ["warn"] }, "level", "warn", { levels: undefined }],
    [{ subject: "s", text: "t" }, "subject", "s", { subject: undefined, text: "t" }],
    [{ props: [eq("a", 1), eq("b", 2)] }, "props.a", 1, { props: [eq("b", 2)] }],
    [{ props: [eq("a", 1)] }, "props.a", 1, { props: undefined }],
  ])("in %o for %s %s", (filters, field, value, expected) => {
    expect(asksFor(filters, field, value)).toBe(true);
    const left = stopAsking(filters, field, value);
    expect(left).toEqual(expected);
    expect(asksFor(left, field, value)).toBe(false);
  });

  test("keeps a test for the presence of the same property", () => {
    const exists = { op: "exists" as const, path: "a" };
    expect(stopAsking({ props: [exists, eq("a", 1)] }, "props.a", 1)).toEqual({ props: [exists] });
  });
});
