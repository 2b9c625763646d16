import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { mayMount } from "../../../scripts/may-mount.mjs";
import { type ApiProcess, createApiProcess } from "./api-process.ts";
import { type Answer, type Client, createClient } from "./client.ts";
import { must, startTestServer } from "./harness.ts";
import { fillDisk } from "./small-disk.ts";
import { problemsOf, type SteadySenders, sendSteadily } from "./steady-senders.ts";
import { uploadFile } from "./upload.ts";

const megabyte = 2 ** 20;
const tebibyte = 2 ** 40;
const soon = { interval: 50 };

const isDiskFull = (answer: Answer) => {
  expect([answer.status, answer.error?.data.reason]).toEqual([503, "disk_full"]);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(JSON.stringify(answer.error)).not.toMatch(/ENOSPC|postgres|pg_wal|\.ts/i);
};

/** What the posture says of the disks, and the state of the newest alert that tells of them. */
async function toldOfSpace(admin: Client) {
  const { checks } = must(await admin.query("posture.get"));
  const { items } = must(await admin.query("alerts.list", {}));
  const check = checks.find(({ id }: { id: string }) => id === "files.disk-space");
  const alert = items.find(
    ({ details }: { details: { check?: string } }) => details.check === check.id,
  );
  return [check.status, ...(alert ? [alert.resolvedAt === null ? "open" : "resolved"] : [])];
}

test("files are taken only while more is free on their disk than the reserve, and administrators are told", async () => {
  const metrics = "a-token-that-only-the-monitoring-has";
  const server = await startTestServer({
    env: { DISK_RESERVE_BYTES: String(tebibyte), METRICS_TOKEN: metrics },
  });
  try {
    const member = await server.member();
    const { bavail, bsize } = await statfs(server.dataDir);
    const answer = await uploadFile(server, member, "text");
    const isFull = bavail * bsize < tebibyte;
    if (isFull) isDiskFull(answer);
    else expect(answer.status).toBe(200);
    const told = await server.fetch("/metrics", {
      headers: { authorization: `Bearer ${metrics}` },
    });
    expect(await told.text()).toContain(`muniment_disk_space_available ${isFull ? 0 : 1}\n`);
    const admin = await server.admin();
    await expect.poll(() => toldOfSpace(admin)).toEqual(isFull ? ["fail", "open"] : ["warn"]);
    expect((await member.query("uploads.list")).status).toBe(200);
  } finally {
    await server.stop();
  }
});

// Only root can mount a small disk, and not in every container; scripts/test.mjs tells where it is absent.
if (mayMount()) {
  describe("a disk that becomes full under a server that is sent events", () => {
    let api: ApiProcess;
    let client: Client;
    let key: string;
    let senders: SteadySenders;
    let filler: string;
    beforeAll(async () => {
      api = await createApiProcess({ diskBytes: 320 * megabyte });
      await api.start({ DISK_RESERVE_BYTES: String(64 * megabyte) });
      ({ client, key } = await api.setUp());
      filler = join(api.dataDir, "filler");
      senders = sendSteadily(api.url, key);
    });
    afterAll(async () => {
      await senders?.stop().catch(() => {});
      await api?.stop();
    });

    const agent = () => createClient(api.url, { authorization: `Bearer ${key}` });
    const ingest = () => agent().mutate("events.ingest", { events: [{ type: "a.b" }] });
    const search = async () => (await agent().query("events.search", { limit: 5 })).status;
    const signIn = () =>
      createClient(api.url).mutate("auth.signIn", {
        email: "a@example.org",
        password: "seven quiet lanterns",
      });
    const more = async () => {
      const { length } = senders.receipted;
      await expect.poll(() => senders.receipted.length, soon).toBeGreaterThan(length + 100);
    };

    test("takes no events once it is nearly full, by any way, and goes on by itself when there is space", async () => {
      await more();
      const free = await fillDisk(filler, 48 * megabyte);
      await expect.poll(() => senders.refusals.get("503 disk_full") ?? 0, soon).toBeGreaterThan(0);
      isDiskFull(await ingest());
      const otlp = await fetch(`${api.url}/v1/logs`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({
          resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "x" } }] }] }],
        }),
      });
      expect([otlp.status, await otlp.json()]).toMatchObject([503, { code: 14 }]);
      expect(Number(otlp.headers.get("retry-after"))).toBeGreaterThan(0);
      const { items } = must(await client.query("agents.list"));
      const file = { agentId: items[0].id, format: "ndjson", name: "file", sizeBytes: 16 };
      const { id } = must(await client.mutate("imports.create", file));
      const part = await fetch(`${api.url}/api/v1/imports/${id}?offset=0`, {
        method: "POST",
        headers: {
          cookie: client.cookie,
          origin: api.url,
          "content-type": "application/octet-stream",
        },
        body: '{"type":"a.b"}\n\n',
      });
      expect([part.status, await part.json()]).toMatchObject([
        503,
        { error: { reason: "disk_full" } },
      ]);
      isDiskFull(await client.mutate("data.requestExport"));
      expect(await search()).toBe(200);
      expect((await signIn()).status).toBe(200);
      expect((await client.mutate("agents.create", { name: "made" })).status).toBe(200);
      await expect.poll(() => toldOfSpace(client), soon).toEqual(["fail", "open"]);
      await free();
      await more();
      await expect.poll(async () => (await toldOfSpace(client))[1], soon).toBe("resolved");
    });

    test("answers 503 to what no longer fits, and reads go on", async () => {
      const sql = await api.connect();
      // There is a new segment of the log before the disk is full, so the tables meet its end first.
      await sql`select pg_logical_emit_message(true, 'test', 'x')`;
      await sql`select pg_switch_wal()`;
      await sql.end();
      const free = await fillDisk(filler, 0);
      let answer = await client.mutate("agents.create", { name: "made" });
      for (let time = 0; answer.status === 200 && time < 500; time += 1) {
        answer = await client.mutate("agents.create", { name: "made" });
      }
      isDiskFull(answer);
      expect(await search()).toBe(200);
      await free();
      await more();
      expect((await client.mutate("agents.create", { name: "made" })).status).toBe(200);
    });

    test("loses nothing that was receipted although PostgreSQL stops for want of space, and is ready again with it", async () => {
      await more();
      const free = await fillDisk(filler, 0);
      const sql = await api.connect();
      const fillLog = async () => {
        for (let segment = 0; segment < 100; segment += 1) {
          await sql`select pg_logical_emit_message(true, 'test', 'x')`;
          await sql`select pg_switch_wal()`;
        }
      };
      await expect(fillLog()).rejects.toThrow();
      await sql.end({ timeout: 1 }).catch(() => {});
      await expect.poll(search, soon).toBe(503);
      await free();
      await api.untilReady();
      await more();
      await senders.stop();
      const { receipted, refusals } = senders;
      expect([...refusals.keys()].filter((what) => !what.startsWith("503 "))).toEqual([]);
      const owner = await api.connect();
      expect(await problemsOf(owner, receipted)).toEqual([]);
      await owner.end();
    });
  });
}
