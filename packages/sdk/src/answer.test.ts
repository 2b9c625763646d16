import { expect, test } from "vitest";
import { judge, retryAfterMilliseconds } from "./answer.ts";

const judgeAs = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  judge(
    new Response(null, { status, headers }),
    typeof body === "string" ? body : JSON.stringify(body),
    2,
  );
const refusal = { error: { code: "X", reason: "why_not", message: "Because." } };
const receipt = { accepted: 1, duplicates: 0, rejected: [{ index: 1, reason: "r", message: "m" }] };

test("a receipt is taken as it is", () => {
  expect(judgeAs(200, receipt)).toEqual({ kind: "stored", ...receipt });
});

test.each([
  "<html>",
  "null",
  {},
  { ...receipt, accepted: -1 },
  { ...receipt, rejected: {} },
  { ...receipt, rejected: [{ index: 2, reason: "r", message: "m" }] },
  { ...receipt, rejected: [{ index: 0 }] },
])("an answer that is no receipt of ours is refused: %j", (body) => {
  expect(judgeAs(200, body)).toMatchObject({ kind: "refused", why: /Muniment/ });
});

test.each([429, 502, 503, 504])("%i is to be tried again", (status) => {
  expect(judgeAs(status, refusal)).toEqual({ kind: "retry", why: `${status} why_not: Because.` });
  expect(judgeAs(status, "<html>", { "retry-after": "7" })).toEqual({
    kind: "retry",
    why: `${status}.`,
    afterMilliseconds: 7000,
  });
});

test.each([400, 401, 403, 404, 500])("%i is not to be tried again", (status) => {
  expect(judgeAs(status, refusal)).toEqual({ kind: "refused", why: `${status} why_not: Because.` });
});

test("413 is too large, also from a proxy that says nothing", () => {
  expect(judgeAs(413, "<html>")).toEqual({ kind: "divide", reason: "too_large", why: "413." });
});

test("a redirect is not followed but named", () => {
  const answer = judgeAs(308, "", { location: "http://127.0.0.1:3000/" });
  expect(answer).toMatchObject({ kind: "refused", why: /at http:\/\/127\.0\.0\.1:3000\/;/ });
});

test("Retry-After is seconds or a date", () => {
  const now = Date.UTC(2026, 0, 1);
  expect(retryAfterMilliseconds("120", now)).toBe(120_000);
  expect(retryAfterMilliseconds("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
  expect(retryAfterMilliseconds("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterMilliseconds("soon", now)).toBeUndefined();
  expect(retryAfterMilliseconds(null, now)).toBeUndefined();
});
