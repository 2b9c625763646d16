import { describe, expect, test } from "vitest";
import {
  isDatabaseUnavailable,
  isDiskFull,
  isStatementTimeout,
  isUniqueViolation,
} from "./unavailable.ts";

const errorWith = (code: string, cause?: unknown) =>
  Object.assign(new Error(code, { cause }), { code });

describe("what a failed statement means", () => {
  test.each([
    ...["CONNECTION_CLOSED", "ECONNREFUSED", "EHOSTUNREACH", "57P01", "57P03", "08006"],
    ...["ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ...["SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "EPROTO"],
    "ERR_SSL_WRONG_VERSION_NUMBER",
  ])(
    "%s: the database cannot be reached, whoever wrapped the error in a code of their own",
    (code) => {
      const error = errorWith(code);
      expect(isDatabaseUnavailable(error)).toBe(true);
      expect(isDatabaseUnavailable(new Error("query failed", { cause: error }))).toBe(true);
      expect(isDatabaseUnavailable(errorWith("INTERNAL_SERVER_ERROR", error))).toBe(true);
    },
  );

  test("a full disk is told apart, be it PostgreSQL's or a file's", () => {
    for (const code of ["53100", "ENOSPC"]) {
      const error = errorWith("INTERNAL_SERVER_ERROR", errorWith(code));
      expect([isDiskFull(error), isDatabaseUnavailable(error)]).toEqual([true, false]);
    }
    expect(isDiskFull(errorWith("53300"))).toBe(false);
  });

  test("a time-out and a broken unique constraint are told apart from it", () => {
    const timeout = errorWith("INTERNAL_SERVER_ERROR", errorWith("57014"));
    const unique = errorWith("INTERNAL_SERVER_ERROR", errorWith("23505"));
    const verdicts = [timeout, unique].map((error) => [
      isDatabaseUnavailable(error),
      isStatementTimeout(error),
      isUniqueViolation(error),
    ]);
    expect(verdicts).toEqual([
      [false, true, false],
      [false, false, true],
    ]);
    expect(isDatabaseUnavailable("CONNECTION_CLOSED")).toBe(false);
    expect(isDatabaseUnavailable(new Error("CONNECTION_CLOSED"))).toBe(false);
  });
});
