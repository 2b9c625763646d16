import type { CheckGroup, CheckStatus } from "@muniment/shared/posture.ts";
import { expect, test } from "vitest";
import { byGroup } from "./by-group.ts";

const check = (id: string, group: CheckGroup, status: CheckStatus) => ({
  ...{ id, group, status, title: id, detail: "", remedy: "" },
});

test("what fails comes first, in its group and with its group", () => {
  const groups = byGroup([
    check("a", "secrets", "pass"),
    check("b", "secrets", "warn"),
    check("c", "files", "pass"),
    check("d", "limits", "skip"),
    check("e", "files", "fail"),
    check("f", "secrets", "pass"),
  ]);
  expect(groups.map(({ group }) => group)).toEqual(["files", "secrets", "limits"]);
  expect(groups.map(({ checks }) => checks.map(({ id }) => id).join(""))).toEqual([
    "ec",
    "baf",
    "d",
  ]);
});
