import { expect, it } from "vitest";
import { reachOf } from "./witness-words.ts";

const facts = { level: "detecting" as const, contradictions: 0 };

it("says from which entry on nothing outside confirms the log", () => {
  const of = (size: number, evidentTo: number, witnessedTo: number) =>
    reachOf({ ...facts, size, evidentTo, witnessedTo });
  expect(of(0, 0, 0)).toBe("The log has no entries yet.");
  expect(of(1200, 0, 0)).toBe("Nothing outside confirms the log from entry 0 on.");
  expect(of(1200, 1100, 0)).toBe("Nothing outside confirms the log from entry 1,100 on.");
  expect(of(1200, 1200, 1100)).toBe(
    "All entries are kept outside. A witness cosigned the entries before 1,100.",
  );
  expect(of(3, 3, 3)).toBe("All entries are kept outside. A witness cosigned all entries.");
});
