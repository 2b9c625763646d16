import { judge } from "@muniment/api/posture/check.ts";
import { describe, expect, test } from "vitest";
import { checks } from "./registry.ts";
import type { Break, Case } from "./test/case.ts";
import { containerCases } from "./test/cases/containers.ts";
import { databaseCases } from "./test/cases/database.ts";
import { fileCases } from "./test/cases/files.ts";
import { liveCases } from "./test/cases/live.ts";
import { runtimeCases } from "./test/cases/runtime.ts";
import { secretCases } from "./test/cases/secrets.ts";
import { settingCases } from "./test/cases/settings.ts";
import { soundEnv, soundFacts } from "./test/sound-facts.ts";

const cases = new Map<string, Case>(
  Object.entries({
    ...secretCases,
    ...settingCases,
    ...databaseCases,
    ...liveCases,
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
  for (const name of ["database.audit-append-only", "keys.unused", "audit.sealed"]) {
    const live = judged.find(({ id }) => id === name);
    expect(live).toMatchObject({ status: "skip", detail: "the embedded database is not running" });
  }
});

test("a certificate that cannot be seen from here is neither good nor bad", () => {
  const facts = soundFacts();
  facts.certificates = { publicUrl: { problem: "ECONNREFUSED" }, database: null, redis: null };
  const found = judge(checks, facts).filter(({ group }) => group === "certificates");
  expect(found.map(({ status }) => status)).toEqual(["skip", "skip", "skip"]);
});

test("the keys of a database of before are not taken for sound", () => {
  const facts = soundFacts();
  if ("database" in facts.database.live) facts.database.live.database.apiKeys = null;
  const found = judge(checks, facts).filter(({ group }) => group === "keys");
  expect(found.map(({ status }) => status)).toEqual(["skip", "skip", "skip"]);
});
