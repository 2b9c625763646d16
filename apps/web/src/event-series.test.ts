import { describe, expect, test } from "vitest";
import { toSeries } from "./event-series.ts";

const at = (count: number, by: Record<string, number>) => ({
  start: "2026-01-01T00:00:00.000Z",
  count,
  by,
});

test("levels stand gravest first, absent ones not at all", () => {
  const series = toSeries([at(4, { info: 3, error: 1 }), at(2, { error: 1, warn: 1 })], "level");
  expect(series.map(({ key, total }) => [key, total])).toEqual([
    ["error", 2],
    ["warn", 1],
    ["info", 3],
  ]);
});

describe("values", () => {
  const many = Object.fromEntries([..."abcdefgh"].map((key, place) => [key, 10 - place]));
  const series = toSeries([at(60, { ...many, "…other": 3, "…none": 5 })], "props.address");

  test("beyond six and the API's own rest are one series that no filter asks for", () => {
    expect(series.map(({ key }) => key)).toEqual(["a", "b", "c", "d", "e", "f", "…other", "…none"]);
    expect(series.find(({ key }) => key === "…other")).toMatchObject({ total: 10, value: null });
  });

  test("that are missing are a series that no filter asks for", () => {
    expect(series.at(-1)).toMatchObject({ label: "Without it", total: 5, value: null });
  });

  test("add up to the count in every bucket", () => {
    expect(series.reduce((sum, { total }) => sum + total, 0)).toBe(60);
  });

  test("have names, and different colours", () => {
    const named = toSeries([at(3, { x: 2, y: 1 })], "agentId", (id) => `agent ${id}`);
    expect(named.map(({ label }) => label)).toEqual(["agent x", "agent y"]);
    expect(new Set(named.map(({ color }) => color)).size).toBe(2);
  });
});

test("a value called like a part of every object is a value", () => {
  const [series] = toSeries([at(2, { constructor: 2 })], "type");
  expect(series).toMatchObject({ key: "constructor", total: 2 });
});

test("no buckets make no series", () => {
  expect(toSeries([], "level")).toEqual([]);
});
