import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { AppError } from "../src/errors.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

const token = "a-token-that-only-the-monitoring-has";
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    env: { METRICS_TOKEN: token, CREDENTIAL_RATE_LIMIT_MAX: "5" },
  });
});
afterAll(() => server.stop());

const ask = (authorization?: string, of = server) =>
  of.fetch("/metrics", authorization ? { headers: { authorization } } : {});

/** The samples by their name and labels. */
async function samples(): Promise<Map<string, number>> {
  const answer = await ask(`Bearer ${token}`);
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split("\n");
  return new Map(
    lines
      .filter((line) => line && !line.startsWith("#"))
      .map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
  );
}

/** By how much samples grew while something was done. */
async function growth(act: () => Promise<unknown>) {
  const before = await samples();
  await act();
  const after = await samples();
  return (sample: string) => (after.get(sample) ?? 0) - (before.get(sample) ?? 0);
}

test("are told in the format of Prometheus, each with its type and a help", async () => {
  const answer = await ask(`Bearer ${token}`);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const text = await answer.text();
  expect(text.endsWith("\n")).toBe(true);
  const types = new Set(
    [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram|summary)$/gm)].map(
      ([, name]) => name,
    ),
  );
  const helps = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
  expect(helps).toEqual(types);
  for (const name of (await samples()).keys()) {
    const [family = ""] = name.split("{");
    const known = [family, family.replace(/_(?:bucket|sum|count)$/, "")];
    expect([name, known.some((one) => types.has(one))]).toEqual([name, true]);
  }
  expect([...types]).toEqual(
    expect.arrayContaining(["process_resident_memory_bytes", "nodejs_eventloop_lag_p99_seconds"]),
  );
});

test("are only for whoever has the token, and guesses are counted", async () => {
  const refused = async (authorization?: string) => {
    const answer = await ask(authorization);
    const { error } = (await answer.json()) as { error: { reason: string } };
    return [answer.status, error.reason, answer.headers.get("www-authenticate")];
  };
  expect(await refused()).toEqual([401, "not_signed_in", "Bearer"]);
  const admin = await server.admin();
  expect((await server.fetch("/metrics", { headers: { cookie: admin.cookie } })).status).toBe(401);
  for (const wrong of [
    "Basic abc",
    "Bearer",
    `Bearer ${token.slice(1)}`,
    `Bearer ${token}x`,
    "Bearer mnt_a",
  ]) {
    expect([wrong, ...(await refused(wrong))]).toEqual([wrong, 401, "invalid_token", "Bearer"]);
  }
  const late = await ask("Bearer guess");
  expect([late.status, Number(late.headers.get("retry-after")) > 0]).toEqual([429, true]);
  // Whoever has it is not kept from it by what others try from the same address.
  expect((await ask(`Bearer ${token}`)).status).toBe(200);
  expect((await ask(`bearer ${token}`)).status).toBe(200);
});

test("keep whoever calls without the token too often from calling on, and look nothing up for them", async () => {
  const other = await startTestServer({
    env: { METRICS_TOKEN: token, RATE_LIMIT_MAX_REQUESTS: "3" },
  });
  try {
    const { identities } = other.deps;
    const lookUps = vi.spyOn(identities, "identify");
    const statuses = [];
    for (const wrong of [undefined, "Bearer mnt_a", undefined, "Bearer eyJ.a.b", undefined]) {
      statuses.push((await ask(wrong, other)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    await other.deps.folding.flush();
    expect(lookUps).not.toHaveBeenCalled();
    expect((await ask(`Bearer ${token}`, other)).status).toBe(200);
  } finally {
    await other.stop();
  }
});

test("count calls by procedures of ours and what was answered", async () => {
  // There is none before the first entry is sealed, which waits for older transactions of other tests.
  await expect.poll(async () => (await server.fetch("/audit/checkpoint")).status).toBe(200);
  const grown = await growth(async () => {
    await server.anonymous().query("auth.me");
    await server.anonymous().query("auth.me");
    await server.anonymous().query('nothing.here"} 1\nmuniment_alerts_open');
    await server.fetch("/audit/checkpoint");
  });
  expect(grown('muniment_calls_total{procedure="auth.me",status="401"}')).toBe(2);
  expect(grown('muniment_call_duration_seconds_count{procedure="auth.me"}')).toBe(2);
  expect(grown('muniment_call_duration_seconds_bucket{le="+Inf",procedure="auth.me"}')).toBe(2);
  expect(grown('muniment_calls_total{procedure="trpc",status="404"}')).toBe(1);
  expect(grown('muniment_calls_total{procedure="audit",status="200"}')).toBe(1);
  expect([...(await samples()).keys()].filter((name) => name.includes("nothing"))).toEqual([]);
});

test("count events by what became of them, whichever way they came", async () => {
  const sender = await makeSender(server);
  const event = makeEvent();
  const grown = await growth(async () => {
    await send(server, sender.key, [event, makeEvent(), { type: "" }]);
    await send(server, sender.key, [event]);
    await send(server, sender.key, [{ ...event, message: "another" }]);
  });
  const outcomes = ["accepted", "duplicate", "rejected"];
  const seen = outcomes.map((outcome) => grown(`muniment_events_total{outcome="${outcome}"}`));
  expect(seen).toEqual([2, 1, 2]);
});

test("tell of the log, of alerts and of jobs", async () => {
  await server.owner`
    insert into alerts (id, kind, severity, key, details, count, opened_at, last_seen_at)
    values (gen_random_uuid(), 'audit_log_behind', 'high', 'x', '{}', 1, now(), now())`;
  const [stored] = await server.owner`
    select count(*)::int as alerts from alerts where resolved_at is null`;
  await server.owner`
    insert into jobs (id, queue, payload, created_at, run_at, failed_at)
    values (gen_random_uuid(), 'nothing', '', now(), now(), now())`;
  await server.deps.sealer.seal();
  const [log] = await server.owner`select count(*)::int as entries from audit_leaves`;
  const told = await samples();
  expect(told.get("muniment_audit_log_entries")).toBeGreaterThanOrEqual(log?.entries);
  expect(
    Math.abs(Date.now() / 1000 - (told.get("muniment_audit_log_sealed_timestamp_seconds") ?? 0)),
  ).toBeLessThan(60);
  expect(told.get("muniment_audit_log_extended")).toBe(1);
  expect(told.get("muniment_database_available")).toBe(1);
  expect(told.get("muniment_alerts_open")).toBe(stored?.alerts);
  expect(told.get("muniment_jobs_given_up")).toBe(1);
  expect(told.get("muniment_jobs_due")).toBeGreaterThanOrEqual(0);
  expect(told.get("muniment_tails")).toBe(0);
});

test("are told in part where the database does not answer", async () => {
  await server.owner`alter table alerts rename to alerts_away`;
  const told = await samples().finally(
    () => server.owner`alter table alerts_away rename to alerts`,
  );
  expect(told.has("muniment_database_available")).toBe(true);
  expect(told.has("muniment_alerts_open")).toBe(false);
});

test("are told while the database is away, as that is when they are wanted", async () => {
  const { health } = server.deps;
  const away = new AppError("database_unavailable", "The database cannot be reached.");
  const spies = [
    vi.spyOn(health, "guard").mockRejectedValue(away),
    vi.spyOn(health, "available", "get").mockReturnValue(false),
  ];
  try {
    const told = await samples();
    expect(told.get("muniment_database_available")).toBe(0);
    expect(told.has("muniment_alerts_open")).toBe(false);
    expect((await ask("Bearer guess")).status).toBe(503);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
});

test("are all described", async () => {
  const guide = await readFile(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const described = new Set([...guide.matchAll(/`(muniment_\w+)`/g)].map(([, name]) => name));
  const text = await (await ask(`Bearer ${token}`)).text();
  const told = new Set([...text.matchAll(/^# TYPE (muniment_\S+)/gm)].map(([, name]) => name));
  expect(described).toEqual(told);
});

test("are not there without a token to read them by", async () => {
  const other = await startTestServer();
  try {
    expect(other.deps.metrics).toBeNull();
    expect((await ask(`Bearer ${token}`, other)).status).toBe(404);
    must(await (await other.admin()).query("auth.me"));
  } finally {
    await other.stop();
  }
});
