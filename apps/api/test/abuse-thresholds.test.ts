import { randomUUID } from "node:crypto";
import { type AbuseRuleName, type Signal, signals } from "@muniment/shared/abuse-rules.ts";
import type { AlertSeverity } from "@muniment/shared/alerts.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openScratchDatabase } from "../../../packages/db/test/scratch-database.ts";
import { judgeRule } from "../src/abuse/judge.ts";

/**
 * What each rule is promised to do, in figures of its own: a rule that is changed by one, or loses a
 * clause, breaks a test here. That what happens over HTTP is noted is tested in `abuse.test.ts`.
 */
type Promised = {
  sees: readonly Signal[];
  per: "address" | "network" | "account" | "key" | "limit" | "everyone";
  severity: AlertSeverity;
  minutes: number;
  least: { times?: number; subjects?: number; addresses?: number };
  next?: { signal: Signal; by: "same" | "any" };
  forgives?: true;
};
const failures = ["sign_in_failed", "code_failed"] as const;
const same = (signal: Signal) => ({ signal, by: "same" }) as const;
const medium = "medium" as const;

const promised: Record<Exclude<AbuseRuleName, "mass_reading">, Promised> = {
  credential_stuffing: {
    ...{ sees: failures, per: "address", severity: medium, minutes: 60, least: { subjects: 10 } },
    forgives: true,
  },
  password_spraying: {
    ...{ sees: failures, per: "network", severity: medium, minutes: 60 },
    ...{ least: { subjects: 15, addresses: 3 }, forgives: true },
  },
  distributed_guessing: {
    ...{ sees: failures, per: "everyone", severity: medium, minutes: 360 },
    ...{ least: { subjects: 50, addresses: 20 }, forgives: true },
  },
  account_besieged: {
    ...{ sees: failures, per: "account", severity: medium, minutes: 60 },
    ...{ least: { times: 20, addresses: 5 }, forgives: true },
  },
  sign_in_after_stuffing: {
    ...{ sees: failures, per: "account", severity: "high", minutes: 60, least: { subjects: 5 } },
    ...{ next: { signal: "signed_in", by: "any" }, forgives: true },
  },
  password_guessed: {
    ...{ sees: failures, per: "account", severity: "high", minutes: 120, least: { times: 8 } },
    next: same("signed_in"),
  },
  codes_guessed: {
    ...{ sees: ["code_failed"], per: "account", severity: "high", minutes: 60 },
    least: { times: 6 },
  },
  new_device_took_over: {
    ...{ sees: ["new_device"], per: "account", severity: medium, minutes: 30, least: { times: 1 } },
    next: same("sensitive_act"),
  },
  keys_guessed: {
    ...{ sees: ["key_unknown"], per: "address", severity: medium, minutes: 60 },
    least: { subjects: 10 },
  },
  keys_guessed_widely: {
    ...{ sees: ["key_unknown"], per: "everyone", severity: medium, minutes: 360 },
    least: { subjects: 50, addresses: 10 },
  },
  dead_key_used: {
    ...{ sees: ["key_dead"], per: "key", severity: medium, minutes: 60, least: { times: 5 } },
  },
  key_elsewhere: {
    ...{ sees: ["key_elsewhere"], per: "key", severity: medium, minutes: 60, least: { times: 5 } },
  },
  key_overreach: {
    ...{ sees: ["key_overreach"], per: "key", severity: "low", minutes: 60, least: { times: 20 } },
  },
  key_moved: {
    ...{ sees: ["key_moved"], per: "key", severity: medium, minutes: 60, least: { times: 1 } },
  },
  tokens_guessed: {
    ...{ sees: ["token_wrong"], per: "address", severity: medium, minutes: 60 },
    least: { subjects: 20 },
  },
  api_scanned: {
    ...{ sees: ["call_wrong"], per: "address", severity: "low", minutes: 20, least: { times: 60 } },
  },
  probes: {
    ...{ sees: ["probe"], per: "address", severity: "low", minutes: 60, least: { times: 5 } },
  },
  rights_tried: {
    ...{ sees: ["not_permitted"], per: "account", severity: medium, minutes: 60 },
    least: { times: 20 },
  },
  mail_bombing: {
    ...{ sees: ["mail_refused"], per: "account", severity: "low", minutes: 60 },
    least: { times: 5 },
  },
  limit_weakened: {
    ...{ sees: ["limit_weakened"], per: "limit", severity: medium, minutes: 60 },
    least: { times: 1 },
  },
};
type Name = keyof typeof promised;
const names = Object.keys(promised) as Name[];
const following = names.filter((name) => promised[name].next);
const single = names.filter((name) => !promised[name].next);

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
const person = randomUUID();
beforeAll(async () => {
  scratch = await openScratchDatabase();
  await addUsers([person]);
});
afterAll(() => scratch.drop());
beforeEach(() => scratch.owner`truncate sightings, alerts`);

const addUsers = (ids: readonly string[]) => scratch.owner`
  insert into users (id, email, display_name, password_hash, role, created_at)
  select id::uuid, id || '@example.org', 'x', 'x', 'auditor', now() from unnest(${[...ids]}::text[]) id`;

/** When a piece of ten minutes begins. */
const start = new Date("2026-01-15T12:00:00.000Z");
const after = (seconds: number) => new Date(start.getTime() + 1000 * seconds);

type Counts = { times?: number; subjects?: number; addresses?: number };
const address = (number: number) => `198.51.100.${number + 1}`;
const row = (signal: Signal, subject: string, from: string, seconds: number, times = 1) => ({
  ...{ start, signal, network: "198.51.100.0/24", address: from, subject, about_user_id: person },
  ...{ times, first_at: after(seconds), last_at: after(seconds + 5) },
});
type Row = ReturnType<typeof row>;

/** Rows that make exactly these counts of what the rule counts together; what it has one of is one. */
function rowsOf({ per, next }: Promised, signal: Signal, counts: Counts): Row[] {
  const subjects = counts.subjects ?? 1;
  const addresses = per === "address" || next ? 1 : (counts.addresses ?? 1);
  const rows = Array.from({ length: Math.max(subjects, addresses) }, (_, at) =>
    row(signal, `subject-${at % subjects}`, address(at % addresses), 10),
  );
  for (const first of rows.slice(0, 1)) {
    first.times = Math.max(1, (counts.times ?? 1) - rows.length + 1);
  }
  return rows;
}

/** The same, with what must come after where the rule asks for that. */
function attackBy(rule: Promised, signal: Signal, counts: Counts): Row[] {
  const next = rule.next;
  const last = next?.by === "any" ? "another" : "subject-0";
  const rows = rowsOf(rule, signal, counts).filter(
    (one) => signal !== next?.signal || one.subject !== last,
  );
  return next ? [...rows, row(next.signal, last, address(0), 60)] : rows;
}

/** What makes the rule speak. */
function attack(rule: Promised, counts: Counts = rule.least): Row[] {
  const [signal] = rule.sees;
  if (!signal) throw new Error("a rule that sees nothing");
  return attackBy(rule, signal, counts);
}

/** The keys that an alert was raised about, after these rows and nothing else. */
async function told(name: AbuseRuleName, rows: readonly object[], at = after(120)) {
  await scratch.owner`delete from sightings`;
  await scratch.owner`delete from alerts`;
  if (rows.length > 0) await scratch.owner`insert into sightings ${scratch.owner(rows)}`;
  return judged(name, at);
}
async function judged(name: AbuseRuleName, at: Date): Promise<string[]> {
  await judgeRule(scratch.database, name, at);
  const found = await scratch.owner`select key from alerts where kind = ${name} order by key`;
  return found.map(({ key }) => key);
}

const keyOf = ({ per, next }: Promised) => {
  if (next?.by === "any") return "another";
  const keys = { address: address(0), network: "198.51.100.0/24", everyone: "everyone" };
  return per in keys ? keys[per as keyof typeof keys] : "subject-0";
};

describe("exactly what is promised raises an alert", () => {
  const cases = names.flatMap((name) =>
    promised[name].sees.map((signal) => [name, signal] as const),
  );
  test.each(cases)("%s by %s", async (name, signal) => {
    const rule = promised[name];
    expect(await told(name, attackBy(rule, signal, rule.least))).toEqual([keyOf(rule)]);
    const isPersonal = rule.per === "account" || rule.per === "key";
    const shown = rule.per === "account" || rule.per === "everyone" ? null : keyOf(rule);
    expect(
      await scratch.owner`
        select severity, about_user_id, details -> 'subject' as subject from alerts`,
    ).toEqual([
      { severity: rule.severity, about_user_id: isPersonal ? person : null, subject: shown },
    ]);
  });
});

describe("one less of one thing raises none, however much there is of the others", () => {
  const cases = names.flatMap((name) =>
    (Object.keys(promised[name].least) as (keyof Counts)[])
      .filter((of) => (promised[name].least[of] ?? 0) > 1)
      .map((of) => [name, of] as const),
  );
  test.each(cases)("%s of %s", async (name, of) => {
    const rule = promised[name];
    const { least } = rule;
    const most: Counts = { times: 1000 };
    if (least.subjects) most.subjects = 2 * least.subjects;
    if (least.addresses) most.addresses = 2 * least.addresses;
    const less: Counts = { ...most, [of]: (least[of] ?? 0) - 1 };
    expect(await told(name, attack(rule, most))).toEqual([keyOf(rule)]);
    expect(await told(name, attack(rule, less))).toEqual([]);
  });
});

describe("a window lasts as long as promised, and up to the end of its first ten minutes", () => {
  test.each(names)("%s", async (name) => {
    const rule = promised[name];
    const end = 60 * (rule.minutes + 10);
    expect(await told(name, attack(rule), after(end))).toEqual([]);
    expect(await judged(name, after(end - 0.001))).toEqual([keyOf(rule)]);
  });
});

describe("nothing but its own signals raises an alert of a rule", () => {
  test.each(names)("%s", async (name) => {
    const rule = promised[name];
    for (const signal of signals.filter((one) => !rule.sees.includes(one))) {
      const subjects = rule.least.subjects ? 100 : 1;
      const most = { times: 1000, subjects, addresses: 100 };
      expect(await told(name, attackBy(rule, signal, most)), signal).toEqual([]);
    }
  });
});

describe("who then gets in where they failed is forgiven by the rules that promise it, and no other", () => {
  test.each(single)("%s", async (name) => {
    const rule = promised[name];
    const rows = attack(rule);
    const spoken = [keyOf(rule)];
    const entering = (subject: string, from: string, seconds: number) =>
      told(name, [...rows, row("signed_in", subject, from, seconds)]);
    expect(await entering("subject-0", address(0), 60)).toEqual(rule.forgives ? [] : spoken);
    // Before, from elsewhere, or by somebody else is no such thing.
    expect(await entering("subject-0", address(0), 1)).toEqual(spoken);
    expect(await entering("subject-0", address(200), 60)).toEqual(spoken);
    expect(await entering("another", address(0), 60)).toEqual(spoken);
  });

  test("sign_in_after_stuffing", async () => {
    const rows = attack(promised.sign_in_after_stuffing);
    const entering = (subjects: readonly string[]) => [
      ...rows.filter(({ signal }) => signal !== "signed_in"),
      ...subjects.map((subject) => row("signed_in", subject, address(0), 60)),
    ];
    // One of five who gets in may be the thief, and two of five are an office.
    expect(await told("sign_in_after_stuffing", entering(["subject-0"]))).toEqual(["subject-0"]);
    expect(await told("sign_in_after_stuffing", entering(["subject-0", "subject-1"]))).toEqual([]);
  });
});

describe("what must follow has to come, afterwards, from the same address and by whom it must", () => {
  test.each(following)("%s", async (name) => {
    const rule = promised[name];
    const rows = attack(rule).slice(0, -1);
    const { signal, by } = rule.next ?? same("probe");
    const last = by === "any" ? "another" : "subject-0";
    const followed = (next: Row) => told(name, [...rows, next]);
    expect(await told(name, rows)).toEqual([]);
    expect(await followed(row(signal, last, address(0), 1))).toEqual([]);
    expect(await followed(row(signal, last, address(1), 60))).toEqual([]);
    expect(await followed(row(signal, "another", address(0), 60))).toEqual(
      by === "any" ? ["another"] : [],
    );
    for (const other of signals.filter((one) => one !== signal && !rule.sees.includes(one))) {
      expect(await followed(row(other, last, address(0), 60))).toEqual([]);
    }
  });
});

describe("mass_reading", () => {
  type Read = { subjects?: readonly string[]; everyone?: true; person?: string; action?: string };
  /** The alerts about a new reader who read all these. */
  async function read(reads: readonly Read[], seconds = 120): Promise<object[]> {
    const reader = randomUUID();
    await addUsers([reader]);
    const entries = reads.map(({ subjects, everyone, person, action = "data.read" }) => ({
      ...{ id: randomUUID(), at: start, actor_kind: "user", actor_id: reader, action },
      ...{ target_kind: person ? "user" : "users", target_id: person ?? null },
      ...{ outcome: "success", details: { subjects, everyone }, personal: {} },
    }));
    await scratch.owner`insert into audit_entries ${scratch.owner(entries)}`;
    await judgeRule(scratch.database, "mass_reading", after(seconds));
    return scratch.owner`
      select severity, details -> 'subjects' as subjects, details -> 'subject' as subject
      from alerts where kind = 'mass_reading' and about_user_id = ${reader} and key = ${reader}`;
  }
  const people = (count: number) => Array.from({ length: count }, () => randomUUID());
  const one = { person: randomUUID() };
  const alert = { severity: "medium", subjects: 500, subject: null };

  test("exactly 500 people raise an alert, by themselves or in lists, and one less none", async () => {
    const subjects = people(499);
    expect(await read([{ subjects }, one])).toEqual([alert]);
    expect(await read([{ subjects }, { subjects }])).toEqual([]);
    expect(await read([{ subjects }, { ...one, action: "user.enabled" }])).toEqual([]);
  });

  test("a window lasts as long as promised, and up to the end of its first ten minutes", async () => {
    const subjects = people(500);
    expect(await read([{ subjects }], 70 * 60)).toEqual([]);
    expect(await read([{ subjects }], 70 * 60 - 0.001)).toEqual([alert]);
  });

  test("a read of anybody's data is of as many people as there are accounts", async () => {
    const accounts = async () =>
      (await scratch.owner`select count(*)::int as count from users`)[0]?.count;
    // With the reader, one less than is too much; whoever was named besides is one of them.
    await addUsers(people(498 - (await accounts())));
    expect(await read([{ everyone: true }, { everyone: true }, { subjects: people(1) }])).toEqual(
      [],
    );
    expect(await accounts()).toBe(499);
    expect(await read([{ everyone: true }])).toEqual([alert]);
    expect(await read([{ everyone: true, action: "user.enabled" }])).toEqual([]);
    expect(await read([{ everyone: true }], 70 * 60)).toEqual([]);
  });
});
