import { describe, expect, test } from "vitest";
import { roleNames } from "./role-names.ts";

describe("the names of a database's roles", () => {
  test("carry its name", () => {
    expect(roleNames("muniment")).toEqual({
      app: "muniment_app",
      ingest: "muniment_ingest",
      appGroup: "muniment_app_group",
      ingestGroup: "muniment_ingest_group",
    });
  });

  test.each([["a".repeat(63)], ["ä".repeat(31)], [`${"a".repeat(40)}${"🙂".repeat(5)}`]])(
    "keep within PostgreSQL's 63 bytes and apart from each other and from a like database's: %s",
    (database) => {
      const like = `${Array.from(database).slice(0, -1).join("")}b`;
      const all = [database, like].flatMap((name) => Object.values(roleNames(name)));
      expect(new Set(all).size).toBe(8);
      for (const name of all) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      expect(roleNames(database).appGroup).toMatch(/_app_group$/);
    },
  );
});
