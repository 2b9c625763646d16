import { searchAuditInput } from "@muniment/shared/audit-log.ts";
import { expect, it } from "vitest";
import { auditInput, auditSearch, chartedInput } from "./audit-search.ts";

const now = Date.UTC(2026, 10, 21, 8, 30, 15, 250);

it("turns a relative range into a start on a full minute", () => {
  expect(auditInput({ range: "24h", outcomes: ["refused"] }, now)).toEqual({
    outcomes: ["refused"],
    from: "2026-11-20T08:30:00.000Z",
    to: undefined,
  });
});

it("passes days on as they are", () => {
  const days = { from: "2026-11-01T00:00:00.000Z", to: "2026-11-02T00:00:00.000Z" };
  expect(auditInput(days, now)).toEqual(days);
});

it("makes an input that the API accepts", () => {
  const { entry: _, ...filters } = auditSearch.parse({
    actions: ["agent.created"],
    range: "7d",
    targetId: "x",
  });
  expect(searchAuditInput.safeParse(auditInput(filters, now)).success).toBe(true);
});

it("ignores what does not fit in a typed address", () => {
  const typed = {
    actions: ["no.such"],
    outcomes: "refused",
    actorId: "me",
    range: "1h",
    from: "yesterday",
  };
  expect(auditSearch.parse(typed)).toEqual({});
});

it("charts 30 days where no start is chosen, and nothing where a range holds no time", () => {
  const day = (text: string) => `${text}T00:00:00.000Z`;
  expect(chartedInput({}, now)).toEqual({
    input: { from: "2026-10-22T08:30:00.000Z" },
    period: "in the last 30 days",
  });
  expect(chartedInput({ to: day("2026-11-01") }, now)).toEqual({
    input: { from: day("2026-10-02"), to: day("2026-11-01") },
    period: "in the 30 days before",
  });
  const chosen = { from: day("2020-01-01"), to: day("2020-02-01") };
  expect(chartedInput(chosen, now)).toEqual({ input: chosen, period: null });
  expect(chartedInput({ from: chosen.to, to: chosen.from }, now)).toBeNull();
  expect(chartedInput({ from: chosen.to, to: chosen.to }, now)).toBeNull();
  expect(chartedInput({ from: day("2999-01-01") }, now)).toBeNull();
});
