import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { getTableName } from "drizzle-orm";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { populate } from "../../../packages/db/test/populate.ts";
import { diskFull } from "../src/errors.ts";
import { hashPassword } from "../src/identity/password.ts";
import { makeExport } from "../src/own-data/export-job.ts";
import { exportedColumns, ownTables } from "../src/own-data/read-own-rows.ts";
import { writeArchive } from "../src/own-data/write-archive.ts";
import { breaking } from "./breaking.ts";
import { plantCanaries, raiseAbout, whoseColumn } from "./canaries.ts";
import type { Client } from "./client.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { hastenLastTry } from "./last-try.ts";
import { mailsTo } from "./outbox.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function exportOf(client: Client): Promise<string> {
  const { id } = must(await client.mutate("data.requestExport"));
  const status = async () => must(await client.query("data.exports")).items[0].status;
  await expect.poll(status, { timeout: 60_000, interval: 200 }).toBe("ready");
  return id;
}

const download = (client: Client, path: string) =>
  server.fetch(path, { headers: { cookie: client.cookie } });

async function filesOf(client: Client, id: string): Promise<Record<string, string>> {
  const { path } = must(await client.mutate("data.linkExport", { id }));
  const answer = await download(client, path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/zip");
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]));
}

/** A user with a row in every table, each text of which is a canary that names its column. */
async function seed(mark: string): Promise<{ client: Client; id: string; canaries: string[] }> {
  const { owner } = server;
  const { id } = await populate(owner);
  await owner`delete from exports where user_id = ${id}`;
  await owner`update link_tokens set expires_at = now() + interval '1 hour' where user_id = ${id}`;
  await owner`update challenges set expires_at = now() + interval '1 hour' where user_id = ${id}`;
  await raiseAbout(owner, id);
  const planted = await plantCanaries(owner, id, mark, ownTables);
  const canaries = ownTables.flatMap((declaration) => {
    const table = getTableName(declaration.table);
    const exported = exportedColumns(declaration);
    const of = (name: string) => `${mark}-${table}-${name}`;
    return (planted.get(table) ?? []).filter((one) =>
      Object.keys(exported).some((name) => of(name) === one),
    );
  });
  const email = `${mark}@example.org`;
  const passwordHash = await hashPassword(password, server.deps.config.argon2);
  await owner`
    update users set email = ${email}, password_hash = ${passwordHash}, second_factor_at = null,
      password_is_short = false, disabled_at = null, locked_until = null where id = ${id}`;
  return { client: await server.signIn(email), id, canaries: [...canaries, email] };
}

test("a copy of one's data holds all of it, and nobody else's", async () => {
  const { client, id, canaries } = await seed("ours");
  const other = await seed("theirs");
  const admin = await server.admin();
  must(await admin.query("users.get", { id }));
  await server.deps.folding.flush();
  expect(canaries.length).toBeGreaterThan(20);
  const files = await filesOf(client, await exportOf(client));
  const whole = Object.values(files).join("\n");
  expect(canaries.filter((canary) => !whole.includes(canary))).toEqual([]);
  expect(whole).not.toContain("theirs");
  expect(whole).not.toContain(other.id);
  expect(whole).not.toContain("admin@example.org");
  // A table with a user's rows but without a file would be a table that was forgotten.
  const names = ownTables.map(({ table }) => `data/${getTableName(table)}.ndjson`);
  for (const name of names) {
    // What is not added up yet is added up meanwhile.
    if (!name.includes("_changes")) expect([name, files[name]?.trim()]).not.toEqual([name, ""]);
  }

  const manifest = JSON.parse(files["manifest.json"] ?? "");
  const schema = JSON.parse(files["schema.json"] ?? "");
  for (const name of names) {
    const lines = (files[name] ?? "")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const sha256 = createHash("sha256")
      .update(files[name] ?? "")
      .digest("hex");
    expect(manifest.files[name]).toEqual({ lines: lines.length, sha256 });
    const known = Object.keys(schema.files[name].properties).sort();
    for (const line of lines) expect(Object.keys(line).sort()).toEqual(known);
  }
  const log = (files["data/audit_log.ndjson"] ?? "")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(log.find(({ action }) => action === "session.created").actor.label).toBe(
    "ours@example.org",
  );
  expect(log.find(({ action }) => action === "data.read").actor).toBeNull();
  for (const secret of ["password_hash", "hmac", "previous_secret", "hash"]) {
    expect(whole).not.toContain(`"${secret}":`);
  }
});

test("a copy of several pages of every table holds each row once, and nobody else's", async () => {
  const { owner, deps } = server;
  const people = 5;
  const { client, id, canaries } = await seed("many0");
  await seed("foreign");
  /** One row for each person, so that there are never more. */
  const alone = new Set(["users", "totp_factors", "alert_notices", "event_index"]);
  /** What is not added up yet is added up meanwhile. */
  const passing = new Set(["agent_counter_changes", "event_count_changes", "event_counts"]);
  const several = ownTables.filter(({ table }) => !alone.has(getTableName(table)));
  for (let person = 1; person < people; person += 1) {
    const mark = `many${person}`;
    const more = await populate(owner);
    await raiseAbout(owner, more.id);
    const planted = await plantCanaries(owner, more.id, mark, several);
    for (const { table: declared } of several) {
      const table = getTableName(declared);
      if (passing.has(table)) continue;
      const whose = whoseColumn(table);
      await owner`update ${owner(table)} set ${owner(whose)} = ${id} where ${owner(whose)} = ${more.id}`;
    }
    const known = new Set(canaries.map((canary) => canary.replace("many0", mark)));
    canaries.push(...[...planted.values()].flat().filter((canary) => known.has(canary)));
  }
  await owner`
    insert into event_counts (user_id, minutes, apart, start, agent_id, type, counts)
    select ${id}, 15, 2, ${new Date(0)}, gen_random_uuid(), 'many.' || n, array_fill(1::bigint, array[20])
    from generate_series(1, ${people}::int) n`;
  const uploaded = await owner`select id from uploads where user_id = ${id}`;
  for (const file of uploaded) {
    await deps.files.put(id, file.id, new TextEncoder().encode(`bytes of ${file.id}`));
  }
  for (let time = 0; time < people; time += 1) {
    must(await client.mutate("account.update", { displayName: `many0 ${time}` }));
  }
  // Renamed by that.
  const renamed = "many0-users-display_name";
  const { database, dataKeys, files } = deps;
  const pieces: Uint8Array[] = [];
  // What is noted in memory would be written while the copy is made.
  await deps.sightings.flush();
  await writeArchive(
    { database, dataKeys, files, userId: id, now: deps.now(), rowsAtOnce: 2 },
    async (piece) => void pieces.push(piece),
    async () => {},
  );
  const archive = Object.fromEntries(
    Object.entries(unzipSync(Buffer.concat(pieces))).map(([name, bytes]) => [
      name,
      strFromU8(bytes),
    ]),
  );
  const whole = Object.values(archive).join("\n");
  expect(canaries.filter((one) => one !== renamed && !whole.includes(one))).toEqual([]);
  expect(whole).not.toContain("foreign");
  for (const { table: declared } of ownTables) {
    const table = getTableName(declared);
    if (passing.has(table)) continue;
    const lines = (archive[`data/${table}.ndjson`] ?? "").split("\n").filter(Boolean);
    const whose = whoseColumn(table);
    const there = await owner`select 1 from ${owner(table)} where ${owner(whose)} = ${id}`;
    expect([table, there.length >= (alone.has(table) ? 1 : people)]).toEqual([table, true]);
    expect([table, lines.length]).toEqual([table, there.length]);
  }
  const counted = (archive["data/event_counts.ndjson"] ?? "").match(/"many\.\d"/g);
  expect(new Set(counted).size).toBe(people);
  expect(uploaded).toHaveLength(people);
  for (const file of uploaded) {
    expect(archive[`uploads/${file.id}.txt`]).toBe(`bytes of ${file.id}`);
  }
  const entries = (archive["data/audit_log.ndjson"] ?? "").split("\n").filter(Boolean);
  expect(entries.filter((line) => line.includes('"account.updated"'))).toHaveLength(people);
  expect(new Set(entries).size).toBe(entries.length);
});

test("a link works once, and only for its owner", async () => {
  const member = await server.member();
  const other = await server.member();
  const id = await exportOf(member);
  expect((await other.mutate("data.linkExport", { id })).status).toBe(404);
  const { path } = must(await member.mutate("data.linkExport", { id }));
  expect((await server.fetch(path)).status).toBe(401);
  expect((await download(other, path)).status).toBe(404);
  expect((await download(member, path)).status).toBe(200);
  expect((await download(member, path)).status).toBe(404);
  const late = must(await member.mutate("data.linkExport", { id })).path;
  await server.owner`update exports set ticket_expires_at = now() - interval '1 second' where id = ${id}`;
  expect((await download(member, late)).status).toBe(404);
  expect(await mailsTo(server, member.email)).toHaveLength(1);
});

test("a download ends with its session, also while its reader takes nothing", async () => {
  const { member, userId, agentId, id: keyId } = await makeSender(server);
  // At the beginning of a month, the first of them are of the one before.
  await server.owner`select ensure_event_partition(now() - interval '15 seconds')`;
  // Texts that no compression makes small: more than lies in the buffers of a connection.
  await server.owner`
    insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, occurred_at, received_at)
    select ${userId}, gen_random_uuid(), ${agentId}, ${keyId}, gen_random_uuid(), 'x', 1,
      (select string_agg(md5(n::text || i), '') from generate_series(1, 120) i),
      now() - n * interval '1 millisecond', now()
    from generate_series(1, 15000) n`;
  const id = await exportOf(member);
  const { path } = must(await member.mutate("data.linkExport", { id }));
  const head = await server.fetch(path, { method: "HEAD", headers: { cookie: member.cookie } });
  expect(head.status).toBe(405);
  const answer = await download(member, path);
  expect(answer.status).toBe(200);
  const whole = Number(answer.headers.get("content-length"));
  expect(whole).toBeGreaterThan(20_000_000);
  must(await member.mutate("auth.signOut"));
  const reader = answer.body?.getReader();
  const readSlowly = async () => {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      await sleep(30);
    }
  };
  await expect(readSlowly()).rejects.toThrow();
});

test("a copy needs a fresh authentication, is one at a time, and goes when it expires", async () => {
  const member = await server.member();
  const asked = await Promise.all([1, 2].map(() => member.mutate("data.requestExport")));
  expect(asked.map(({ status }) => status).sort()).toEqual([200, 409]);
  const id = asked.find(({ status }) => status === 200)?.data.id;
  const pieces = () => server.owner`select sealed from export_pieces where export_id = ${id}`;
  await expect.poll(async () => (await pieces()).length).toBeGreaterThan(0);
  // Encrypted: a ZIP archive begins otherwise.
  expect((await pieces())[0]?.sealed.subarray(12, 16).toString("latin1")).not.toBe(
    "PK\u0003\u0004",
  );
  await server.owner`update exports set expires_at = now() - interval '1 second' where id = ${id}`;
  expect(must(await member.query("data.exports")).items).toEqual([]);
  await server.deps.database.raw`select delete_expired_exports()`;
  expect(await pieces()).toHaveLength(0);
  await server.owner`update sessions set authenticated_at = now() - interval '1 hour' where user_id = ${member.id}`;
  server.deps.identities.forget();
  const stale = await member.mutate("data.requestExport");
  expect(stale.error?.data.reason).toBe("reauthentication_required");
});

async function statusAfterLastTry(client: Client): Promise<string> {
  await hastenLastTry(server, "export-own-data");
  return must(await client.query("data.exports")).items[0].status;
}

test("a copy that cannot be made is told as failed after the last try, and another may be asked for", async () => {
  const member = await server.member();
  await breaking(server, "export_pieces", "insert", async () => {
    must(await member.mutate("data.requestExport"));
    const status = () => statusAfterLastTry(member);
    await expect.poll(status, { interval: 100 }).toBe("failed");
  });
  must(await member.mutate("data.requestExport"));
});

test("a copy that is made anew shares no key and nonce with the first, and who lost it to another touches nothing", async () => {
  const member = await server.member();
  const made = { userId: member.id, exportId: await exportOf(member) };
  const pieces = async () => {
    const rows = await server.owner`
      select sealed from export_pieces where export_id = ${made.exportId} order by place`;
    return rows.map(({ sealed }) => sealed as Buffer);
  };
  const [first] = await pieces();
  await makeExport(server.deps, made, async () => {});
  const again = await pieces();
  expect(again).toHaveLength(1);
  expect(again[0]?.subarray(0, 12)).not.toEqual(first?.subarray(0, 12));
  expect(Object.keys(await filesOf(member, made.exportId)).length).toBeGreaterThan(1);
  for (const kept of [0, 1]) {
    let asked = 0;
    const lost = makeExport(server.deps, made, async () => {
      asked += 1;
      if (asked > kept) throw new Error("another has it");
    });
    await expect(lost).rejects.toThrow("another has it");
    // Whoever was asked once has begun anew, and stored nothing since.
    expect(await pieces()).toEqual(kept === 0 ? again : []);
  }
});

test("a copy takes no space that a full disk needs, and leaves nothing behind when it fails", async () => {
  const { member, key } = await makeSender(server);
  const props = () => ({ noise: randomBytes(20_000).toString("base64") });
  await send(
    server,
    key,
    Array.from({ length: 30 }, () => makeEvent({ props: props() })),
  );
  let asked = 0;
  const space = vi.spyOn(server.deps.databaseSpace, "require").mockImplementation(() => {
    throw diskFull();
  });
  try {
    const refused = await member.mutate("data.requestExport");
    expect([refused.status, refused.error?.data.reason]).toEqual([503, "disk_full"]);
    expect(must(await member.query("data.exports")).items).toEqual([]);
    // There is space for the call and for one piece in each try.
    space.mockImplementation(() => {
      asked += 1;
      if (asked > 1 && asked % 2 === 1) throw diskFull();
    });
    const { id } = must(await member.mutate("data.requestExport"));
    const pieces = () => server.owner`select place from export_pieces where export_id = ${id}`;
    const soon = { interval: 50 };
    await expect.poll(pieces, soon).toHaveLength(1);
    await expect.poll(() => statusAfterLastTry(member), soon).toBe("failed");
    expect(await pieces()).toHaveLength(0);
  } finally {
    space.mockRestore();
  }
});
