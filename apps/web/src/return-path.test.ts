import { describe, expect, it } from "vitest";
import { safeReturnPath } from "./return-path.ts";

const origin = "https://muniment.example";

describe("safeReturnPath", () => {
  it.each(["/agents", "/admin/audit?outcomes=%5B%22refused%22%5D#x", "/events?text=a//b"])(
    "keeps %s",
    (path) => {
      expect(safeReturnPath(path, origin)).toBe(path);
    },
  );

  it.each([
    undefined,
    "",
    "agents",
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " /agents",
  ])("goes to the start instead of %j", (path) => {
    expect(safeReturnPath(path, origin)).toBe("/");
  });

  it.each(["/sign-in", "/sign-in?from=/x", "/sign-up", "/setup#token=abc"])(
    "does not come back to %s",
    (path) => {
      expect(safeReturnPath(path, origin)).toBe("/");
    },
  );

  it("keeps a path that only starts like a public page", () => {
    expect(safeReturnPath("/setup-guide", origin)).toBe("/setup-guide");
  });
});
