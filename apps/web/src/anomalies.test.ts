import type { Anomaly } from "@muniment/shared/insights.ts";
import { expect, test } from "vitest";
import { anomalySearch, hoursOf, isAsked, rangeAround, toMarkers } from "./anomalies.ts";
import { readQuery } from "./event-query.ts";

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);
const agentId = "01890000-0000-7000-8000-000000000001";
const iso = (time: number) => new Date(time).toISOString();
const anomaly = (at: number, fields: Partial<Anomaly> = {}): Anomaly => ({
  ...{ agentId, type: "ssh.login.failed", direction: "more", count: 42, low: 3, high: 9 },
  ...{ start: iso(at), at: iso(at), end: iso(at + hour), hours: 1, score: 12 },
  explanation: "42 events where 3 to 9 are usual at this hour, score 12",
  ...fields,
});
const buckets = { starts: Array.from({ length: 24 }, (_, n) => start + n * hour), width: hour };

test("a search shows the events of the hour, and what is around an absence", () => {
  const query = `agent:${agentId} type:ssh.login.failed`;
  expect(anomalySearch(anomaly(start))).toEqual({
    query,
    from: iso(start),
    to: iso(start + hour),
  });
  expect(anomalySearch(anomaly(start, { direction: "fewer", hours: 24 }))).toEqual({
    query,
    from: iso(start - 6 * hour),
    to: iso(start + 30 * hour),
  });
});

test("markers lie in the middle of their hours, in words, and open the search", () => {
  const opened: object[] = [];
  const found = [anomaly(start + 12 * hour), anomaly(start - hour), anomaly(start + 30 * hour)];
  const [marker, ...others] = toMarkers(found, buckets, (search) => opened.push(search));
  expect(others).toEqual([]);
  expect(marker?.at).toBe(start + 12.5 * hour);
  expect(marker?.label).toBe(
    "2026-01-05 12:00:00 UTC, ssh.login.failed: 42 events where 3 to 9 are usual at this hour, score 12",
  );
  marker?.onOpen();
  expect(opened).toEqual([anomalySearch(anomaly(start + 12 * hour))]);
});

test("markers that would cover each other are one, which opens the time of all of them", () => {
  const opened: object[] = [];
  const found = [anomaly(start + 3 * hour), anomaly(start + 2 * hour, { type: "b" })];
  const markers = toMarkers(found, buckets, (search) => opened.push(search));
  expect(markers).toHaveLength(1);
  expect(markers[0]?.label.split("\n")).toHaveLength(2);
  markers[0]?.onOpen();
  expect(opened).toEqual([{ from: iso(start + 2 * hour), to: iso(start + 4 * hour) }]);
  expect(toMarkers(found, { starts: [], width: hour }, () => {})).toEqual([]);
});

test("a range that ends now is one of whole hours", () => {
  const span = { from: iso(start - 24 * hour), to: iso(start) };
  expect(hoursOf("24h", start + 59 * 60_000)).toEqual(span);
});

test("a span is looked at as part of the shortest range around it", () => {
  const now = start + 59 * 60_000;
  const from = (before: number) => ({ from: iso(start - before * hour), to: iso(start) });
  expect(rangeAround(from(1), now)).toBe("24h");
  expect(rangeAround(from(24), now)).toBe("24h");
  expect(rangeAround(from(25), now)).toBe("7d");
  expect(rangeAround(from(30 * 24), now)).toBe("30d");
  expect(rangeAround(from(31 * 24), now)).toBeNull();
});

test.each([
  ["", true],
  ["agent:web type:ssh.*", true],
  [`agent:${agentId} -type:http.get`, true],
  ["type:http.get OR type:ssh.login.failed", true],
  ["agent:db", false],
  ["-type:ssh.*", false],
  ["level:error", null],
  ["type:ssh.* level:error", null],
  ["-subject:user:1", null],
])("what stands out in ssh.login.failed of web is among the events of '%s': %s", (text, answer) => {
  const { query } = readQuery(text);
  expect(query && isAsked(query, anomaly(start), "web")).toBe(answer);
});
