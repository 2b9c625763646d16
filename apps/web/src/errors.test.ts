import { errorReasons } from "@muniment/shared/error-reasons.ts";
import { TRPCClientError } from "@trpc/client";
import { describe, expect, it } from "vitest";
import {
  messageOf,
  problemOf,
  reasonOf,
  reasonSentences,
  UnexpectedAnswerError,
} from "./errors.ts";

function refusal(reason: string, message = "refused", headers: Record<string, string> = {}) {
  return TRPCClientError.from(
    { error: { code: -32000, message, data: { code: "FORBIDDEN", reason, requestId: "req-1" } } },
    { meta: { response: new Response(null, { headers }) } },
  );
}

describe("problemOf", () => {
  it("has a sentence of its own for every reason", () => {
    for (const reason of errorReasons) {
      const sentence = reasonSentences[reason];
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(sentence).not.toContain("_");
    }
  });

  it("tells reason and request id of a refusal", () => {
    expect(problemOf(refusal("not_permitted"))).toEqual({
      reason: "not_permitted",
      message: reasonSentences.not_permitted,
      requestId: "req-1",
    });
  });

  it("shows what the server says is to be narrowed", () => {
    const message = "More than 1,000,000 events. Ask for a shorter time.";
    expect(messageOf(refusal("too_many_events", message))).toBe(message);
  });

  it("prefers the sentence of the place", () => {
    const override = { invalid_credentials: "The password is wrong." };
    expect(messageOf(refusal("invalid_credentials"), override)).toBe("The password is wrong.");
  });

  it("names the wrong fields of an input", () => {
    const message = problemOf(refusal("invalid_input", "name: required")).message;
    expect(message).toBe("Some of the values were not accepted. name: required");
  });

  it("says how long to wait when the server does", () => {
    const wait = (seconds: string) =>
      problemOf(refusal("rate_limited", "", { "retry-after": seconds })).message;
    expect(wait("42")).toBe("Too many attempts. Try again in 42 seconds.");
    expect(wait("540")).toBe("Too many attempts. Try again in 9 minutes.");
    expect(wait("soon")).toBe(reasonSentences.rate_limited);
  });

  it("never shows an unknown reason or the text of a program fault", () => {
    expect(reasonOf(refusal("made_up"))).toBeNull();
    const problem = problemOf(new TypeError("x is not a function"));
    expect(problem).toEqual({ reason: null, message: reasonSentences.internal, requestId: null });
  });

  it("tells an unreachable server from an unexpected answer", () => {
    const unreachable = TRPCClientError.from(new TypeError("Failed to fetch"));
    expect(problemOf(unreachable).message).toMatch(/cannot be reached/);
    const unexpected = TRPCClientError.from(new UnexpectedAnswerError("agents.list"));
    expect(problemOf(unexpected).message).toMatch(/not in the form/);
  });

  it("is null without an error", () => {
    expect(messageOf(null)).toBeNull();
  });
});
