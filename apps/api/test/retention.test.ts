import { randomBytes } from "node:crypto";
import type { Retention, retentions } from "@muniment/db/processing/retention.ts";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

const day = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * day);
const soon = { interval: 100 };

type Row = Record<string, unknown>;
/** Rows by which one column tells them apart; `gone` when the jobs have run, or `kept`. */
type Rows = { table: string; column: string; gone: unknown[]; kept: unknown[] };
/** No job's work; and the log, where what is personal goes by its key. */
type Untimed =
  | { [K in Retention]: (typeof retentions)[K]["by"] extends "erasure" ? K : never }[Retention]
  | "log";

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer();
  sender = await makeSender(server);
});
afterAll(() => server.stop());

async function insert<T extends Row>(table: string, ...rows: T[]): Promise<T[]> {
  for (const row of rows) {
    const values = row as Record<string, string>;
    await server.owner`insert into ${server.owner(table)} ${server.owner(values)}`;
  }
  return rows;
}

/** One row that is past its time, and one that is not. */
async function pair(table: string, column: string, [old, young]: [Row, Row]): Promise<Rows> {
  await insert(table, old, young);
  return { table, column, gone: [old[column]], kept: [young[column]] };
}

const both = <T>(make: (at: Date) => T, [old, young]: [Date, Date]): [T, T] => [
  make(old),
  make(young),
];
const days90 = [ago(91), ago(89)] as [Date, Date];
/** Of what says itself until when it is kept. */
const expiry = [ago(1 / 24), ago(-1)] as [Date, Date];

const session = (expires_at: Date) => ({
  ...{ id: `family:${uuidv7()}`, public_id: uuidv7(), kind: "token", user_id: sender.userId },
  ...{ created_at: ago(8), authenticated_at: ago(8), last_used_at: ago(8), expires_at },
  ...{ address: "192.0.2.1", user_agent: "test" },
});

const refreshToken = (session_id: string) => ({
  ...{ hash: randomBytes(32), session_id, user_id: sender.userId, generation: 0 },
});

const imported = (created_at: Date, status: string, updated_at = created_at) => ({
  ...{
    id: uuidv7(),
    user_id: sender.userId,
    agent_id: sender.agentId,
    name: "a",
    format: "ndjson",
  },
  ...{ columns: "{}", allow_incomplete: false, status, created_at, updated_at },
});

const upload = (event_id: string | null) => ({
  ...{ id: uuidv7(), user_id: sender.userId, event_id, name: "a", type: "text/plain", bytes: 1 },
  ...{ sha256: randomBytes(32), sent_sha256: randomBytes(32), scanned: false, created_at: ago(1) },
});

/** For each retention of the record of processing that a job enforces, rows on both sides of its time. */
const cases: Record<Exclude<Retention, Untimed>, () => Promise<Rows[]>> = {
  events: async () => {
    const [old, young] = both((at) => makeEvent({}, at.getTime()), [ago(31), ago(29)]);
    expect((await send(server, sender.key, [old, young])).body.accepted).toBe(2);
    must(await sender.member.mutate("events.setRetention", { days: 30 }));
    return ["events", "event_ids"].map((table) => ({
      ...{ table, column: "id", gone: [old.id], kept: [young.id] },
    }));
  },
  sessions: async () => {
    const [old, young] = both(session, expiry);
    const rows = await pair("sessions", "id", [old, young]);
    return [
      rows,
      await pair("refresh_tokens", "hash", [refreshToken(old.id), refreshToken(young.id)]),
    ];
  },
  links: async () => {
    const link = (expires_at: Date) => ({
      ...{ hash: randomBytes(32), id: uuidv7(), purpose: "invitation", email: "a@example.org" },
      ...{ created_at: ago(3), expires_at },
    });
    return [await pair("link_tokens", "id", both(link, expiry))];
  },
  challenges: async () => {
    const challenge = (expires_at: Date) => ({
      ...{ hash: randomBytes(32), purpose: "second_factor", user_id: sender.userId },
      ...{ created_at: ago(1), expires_at },
    });
    return [await pair("challenges", "hash", both(challenge, expiry))];
  },
  signIns: async () => {
    const signIn = (at: Date) => ({
      ...{ id: uuidv7(), user_id: sender.userId, at, outcome: "success" },
      ...{ address: "192.0.2.1", user_agent: "test" },
    });
    return [await pair("sign_ins", "id", both(signIn, days90))];
  },
  notices: async () => {
    const webhook = must(
      await sender.member.mutate("webhooks.create", { name: "a", url: "https://93.184.216.34/" }),
    );
    const delivery = (status: string) => (created_at: Date) => ({
      ...{ id: uuidv7(), user_id: sender.userId, webhook_id: webhook.id, sequence: 1, status },
      ...{ topic: "webhook.test", body: "{}", attempts: "[]", created_at },
    });
    const pairOf = (status: string) =>
      pair("webhook_deliveries", "id", both(delivery(status), days90));
    return [await pairOf("delivered"), await pairOf("pending")];
  },
  firings: async () => {
    const rule = must(
      await sender.member.mutate("alertRules.create", {
        ...{ name: "a", query: "type:test.never", threshold: 1, windowMinutes: 1 },
        ...{ cooldownMinutes: 1, email: false, webhookIds: [] },
      }),
    );
    const firing = (resolved_at: Date | null) => ({
      ...{ id: uuidv7(), rule_id: rule.id, user_id: sender.userId, opened_at: ago(200) },
      ...{ resolved_at, threshold: 1, window_minutes: 1, count: 1, peak: 1, notified: true },
    });
    const rows = await pair("alert_firings", "id", both(firing, days90));
    const [open] = await insert("alert_firings", firing(null));
    return [{ ...rows, kept: [...rows.kept, open?.id] }];
  },
  alerts: async () => {
    const alert = (last_seen_at: Date, resolved_at: Date | null) => ({
      ...{ id: uuidv7(), kind: "account_locked", severity: "medium", key: uuidv7(), details: "{}" },
      ...{ count: 1, opened_at: ago(400), last_seen_at, resolved_at, told_at: ago(400) },
    });
    return [
      await pair(
        "alerts",
        "id",
        both((at) => alert(ago(100), at), days90),
      ),
      await pair("alerts", "id", [alert(ago(366), null), alert(ago(364), null)]),
    ];
  },
  sightings: async () => {
    const sighting = (start: Date) => ({
      ...{ start, signal: "probe", network: "", address: "", subject: uuidv7(), times: 1 },
      ...{ first_at: start, last_at: start },
    });
    return [await pair("sightings", "subject", both(sighting, [ago(1.1), ago(0.9)]))];
  },
  keyPlaces: async () => {
    const place = (last_at: Date) => ({
      ...{ api_key_id: sender.id, network: uuidv7(), about_user_id: sender.userId },
      ...{ first_at: ago(200), last_at },
    });
    return [await pair("key_places", "network", both(place, days90))];
  },
  jobs: async () => {
    const job = (failed_at: Date | null) => ({
      ...{ id: uuidv7(), queue: "of-an-older-release", payload: "", created_at: ago(400) },
      ...{ run_at: ago(400), attempts: 8, failed_at },
    });
    const rows = await pair("jobs", "id", both(job, [ago(31), ago(29)]));
    const [waiting] = await insert("jobs", job(null));
    return [{ ...rows, kept: [...rows.kept, waiting?.id] }];
  },
  uploads: async () => {
    const event = makeEvent();
    await send(server, sender.key, [event]);
    const [alone] = await insert("uploads", upload(null));
    const rows = await pair("uploads", "id", [upload(uuidv7()), upload(event.id)]);
    return [{ ...rows, kept: [...rows.kept, alone?.id] }];
  },
  files: async () => {
    const [kept] = await insert("uploads", upload(null));
    const file = (id: string) => ({ id, created_at: ago(1) });
    return [await pair("stored_files", "id", [file(uuidv7()), file(kept?.id ?? "")])];
  },
  takenOut: async () => {
    const taken = (created_at: Date) => ({
      ...{ id: uuidv7(), user_id: sender.userId, format: "ndjson", query: "", to: created_at },
      ...{ status: "done", created_at, updated_at: created_at },
    });
    return [await pair("event_exports", "id", both(taken, days90))];
  },
  broughtIn: async () => {
    const done = both((at) => imported(at, "done"), days90);
    const rows = await pair("event_imports", "id", done);
    const reject = ({ id }: { id: string }) => ({
      ...{ user_id: sender.userId, import_id: id, line: 1, reason: "invalid_input", message: "a" },
    });
    const rejects = await pair("event_import_rejects", "import_id", [
      reject(done[0]),
      reject(done[1]),
    ]);
    // What was never finished is given up first; what still goes on is not.
    const [left, running] = await insert(
      "event_imports",
      imported(ago(91), "receiving"),
      imported(ago(91), "running", ago(-1)),
    );
    return [
      { ...rows, gone: [...rows.gone, left?.id], kept: [...rows.kept, running?.id] },
      rejects,
    ];
  },
  importing: async () => {
    const [silent, heard] = await insert(
      "event_imports",
      imported(ago(2), "receiving"),
      imported(ago(2), "receiving", ago(-1)),
    );
    const piece = (import_id: unknown) => ({
      ...{ user_id: sender.userId, import_id, start: 0, size: 1, sealed: randomBytes(8) },
    });
    return [await pair("event_import_pieces", "import_id", [piece(silent?.id), piece(heard?.id)])];
  },
  exports: async () => {
    const copy = (expires_at: Date) => ({
      ...{ id: uuidv7(), user_id: sender.userId, requested_at: ago(7), expires_at },
    });
    const copies = both(copy, expiry);
    const rows = await pair("exports", "id", copies);
    const piece = ({ id }: { id: string }) => ({
      ...{ user_id: sender.userId, export_id: id, place: 0, sealed: randomBytes(8) },
    });
    return [rows, await pair("export_pieces", "export_id", [piece(copies[0]), piece(copies[1])])];
  },
  minutes: async () => {
    /** Has a refusal counted, and puts it to another minute. */
    const refused = async (procedure: string, minute: Date) => {
      expect((await server.anonymous().query(procedure)).status).toBe(401);
      let ids: unknown[] = [];
      await expect
        .poll(async () => {
          const rows = await server.owner`
            update audit_refusals set minute = ${minute} where procedure = ${procedure}
            returning id`;
          ids = rows.map(({ id }) => id);
          return ids.length;
        }, soon)
        .toBe(1);
      return ids;
    };
    const kept = await refused("agents.list", ago(-1));
    const gone = await refused("users.list", ago(1));
    const entries = { table: "audit_entries", column: "id", gone: [], kept: gone };
    return [{ table: "audit_refusals", column: "id", gone, kept }, entries];
  },
  keys: async () => {
    const key = (created_at: Date) => ({
      ...{ id: uuidv7(), subject: `email:${uuidv7()}`, wrapped: "", created_at },
    });
    const rows = await pair("data_keys", "id", both(key, [ago(181), ago(179)]));
    // More than are destroyed at once.
    const many = await server.owner`
      insert into data_keys (id, subject, wrapped, created_at)
      select gen_random_uuid(), 'email:' || n, '', ${ago(181)} from generate_series(1, 1001) n
      returning id`;
    const [own] = await server.owner`
      update data_keys set created_at = ${ago(200)} where subject = ${`user:${sender.userId}`}
      returning id`;
    const gone = [...rows.gone, ...many.map(({ id }) => id)];
    return [{ ...rows, gone, kept: [...rows.kept, own?.id] }];
  },
};

const recurring = [
  ...["delete-expired", "expire-events", "delete-old-notices", "delete-uploads-of-gone-events"],
  ...["delete-old-exports", "give-up-imports", "close-refusals", "expire-data-keys"],
  ...["delete-old-alerts", "delete-old-sightings", "delete-given-up-jobs"],
];
/** They clear up after those. */
const clearing = ["delete-old-imports", "delete-files"];

/** Puts recurring jobs to a time, each once it is not under way, when it may have looked already. */
async function schedule(keys: readonly string[], at: Date) {
  let waiting = keys;
  await expect
    .poll(async () => {
      const set = await server.owner`
        update jobs set run_at = ${at} where key = any(${waiting}) and locked_until is null
        returning key`;
      waiting = waiting.filter((one) => !set.some(({ key }) => key === one));
      return waiting;
    }, soon)
    .toEqual([]);
}

/** Has recurring jobs run once more, with all that is there by now. */
async function run(keys: readonly string[]) {
  await schedule(keys, new Date("2000-01-01T00:00:00Z"));
  const left = () => server.owner`
    select key, last_error from jobs
    where key = any(${keys}) and (run_at < '2001-01-01' or locked_until is not null or last_error is not null)`;
  await expect.poll(left, soon).toEqual([]);
}

const textOf = (value: unknown) =>
  Buffer.isBuffer(value) ? `\\x${value.toString("hex")}` : String(value);

test("what is past the time that the record of processing states is deleted, and nothing younger", async () => {
  // Else one of them may delete a row before another that belongs to it is there.
  await schedule([...recurring, ...clearing], ago(-1));
  const seeded: { retention: string; rows: Rows }[] = [];
  for (const [retention, seed] of Object.entries(cases)) {
    seeded.push(...(await seed()).map((rows) => ({ retention, rows })));
  }
  await run(recurring);
  await run(clearing);
  const left = seeded.map(async ({ retention, rows: { table, column, gone, kept } }) => {
    const { owner } = server;
    const found = await owner`
      select distinct ${owner(column)}::text as value from ${owner(table)}
      where ${owner(column)}::text = any(${[...gone, ...kept].map(textOf)}) order by 1`;
    return [retention, table, found.map(({ value }) => String(value))];
  });
  expect(await Promise.all(left)).toEqual(
    seeded.map(({ retention, rows: { table, kept } }) => [
      retention,
      table,
      kept.map(textOf).sort(),
    ]),
  );
});

test("what the log holds of people without an account can be read until their key is destroyed", async () => {
  const email = "nobody.at.all@example.org";
  const refused = await server.anonymous().mutate("auth.signIn", { email, password: "wrong" });
  expect(refused.status).toBe(401);
  const admin = await server.admin();
  const refusals = async () => {
    const { items } = must(await admin.query("audit.search", { actions: ["sign_in.refused"] }));
    return items as { id: string }[];
  };
  await expect.poll(async () => JSON.stringify(await refusals()), soon).toContain(email);
  const ids = (await refusals()).map(({ id }) => id);
  await server.owner`
    update data_keys set created_at = ${ago(181)} where subject not like 'user:%'`;
  await run(["expire-data-keys"]);
  const after = await refusals();
  expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  expect(JSON.stringify(after)).not.toContain(email);
});
