import { searchAuditInput } from "@muniment/shared/audit-log.ts";
import { expect, it } from "vitest";
import { auditInput, auditSearch } from "./audit-search.ts";

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
