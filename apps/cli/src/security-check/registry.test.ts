import { describe, expect, test } from "vitest";
import { judge } from "./command.ts";
import { checks } from "./registry.ts";
import type { Break, Case } from "./test/case.ts";
import { containerCases } from "./test/cases/containers.ts";
import { databaseCases } from "./test/cases/database.ts";
import { fileCases } from "./test/cases/files.ts";
import { runtimeCases } from "./test/cases/runtime.ts";
import { secretCases } from "./test/cases/secrets.ts";
import { settingCases } from "./test/cases/settings.ts";
import { soundEnv, soundFacts } from "./test/sound-facts.ts";

const cases = new Map<string, Case>(
  Object.entries({
    ...secretCases,
    ...settingCases,
    ...databaseCases,
    ...fileCases,
    ...runtimeCases,
    ...containerCases,
  }),
);

/** Facts of a case before, or with, one of its breaks. */
function factsOf({ prepare }: Case, wrong?: Break) {
  const facts = soundFacts({ ...prepare?.env, ...wrong?.env });
  prepare?.facts?.(facts);
  wrong?.facts?.(facts);
  return facts;
}

const secrets = Object.values(soundEnv)
  .join(" ")
  .match(/[\w-]{43}/g);

test("every check has a case that breaks it, and every case a check", () => {
  const ids = checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(40);
  expect([...cases.keys()].sort()).toEqual([...ids].sort());
  for (const [id, { breaks }] of cases) expect(Object.keys(breaks), id).not.toEqual([]);
});

describe.each(checks.map((check) => [check.id, check] as const))("%s", (id, check) => {
  const one = cases.get(id) ?? { breaks: {} };

  test("passes on a sound installation", () => {
    const finding = check.run(factsOf(one));
    expect(finding).toMatchObject({ status: "pass", remedy: "" });
    expect(finding.detail).not.toBe("");
  });

  test.each(Object.entries(one.breaks))("notices: %s", (_, wrong) => {
    const finding = check.run(factsOf(one, wrong));
    expect(finding.status).toBe(wrong.status);
    expect(finding.detail).not.toBe("");
    expect(finding.remedy).not.toBe("");
  });
});

test("a sound installation has nothing to complain about", () => {
  const complaints = judge(checks, soundFacts()).filter(
    ({ status }) => status === "warn" || status === "fail",
  );
  expect(complaints).toEqual([]);
});

test("no finding repeats a secret, however wrong the settings are", () => {
  expect(secrets?.length).toBeGreaterThan(8);
  for (const one of cases.values()) {
    for (const wrong of Object.values(one.breaks)) {
      const text = JSON.stringify(judge(checks, factsOf(one, wrong)));
      for (const secret of secrets ?? []) expect(text).not.toContain(secret);
    }
  }
});

test("facts that could not be gathered skip a check instead of passing it", () => {
  const facts = soundFacts({ DATABASE_URL: "", DATABASE_OWNER_URL: "", REDIS_URL: "" });
  facts.database.live = { problem: "the embedded database is not running" };
  facts.project = {
    compose: null,
    dockerfile: null,
    dockerignore: null,
    packages: null,
    floors: null,
    builds: null,
  };
  const judged = judge(checks, facts);
  const unseen = judged.filter(({ id }) => /^(?:compose|dockerfile|dependencies|redis)\./.test(id));
  expect(new Set(unseen.map(({ status }) => status))).toEqual(new Set(["skip"]));
  const live = judged.find(({ id }) => id === "database.audit-append-only");
  expect(live).toMatchObject({ status: "skip", detail: "the embedded database is not running" });
});
