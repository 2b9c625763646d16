import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@muniment/db/connection.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { boot, type Running } from "../src/boot.ts";
import { parseConfig } from "../src/config.ts";
import { createLog } from "../src/log.ts";
import { createClient } from "./client.ts";
import { bearer, listen } from "./events-listener.ts";
import { password } from "./harness.ts";
import { migrationsFolder } from "./postgres.ts";
import { problemsOf, sendSteadily } from "./steady-senders.ts";

let dataDir: string;
let running: Running;
let url: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "muniment-durable-"));
  // The database's own user must pass through where the tests run as root.
  await chmod(dataDir, 0o711);
  const parsed = parseConfig({
    DATA_DIR: join(dataDir, "data"),
    PORT: String(await freePort()),
    LOG_LEVEL: "silent",
    INGEST_EVENTS_RATE_LIMIT_MAX: "1000000",
    INGEST_RATE_LIMIT_MAX: "1000000",
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  running = await boot({
    env: {},
    config: parsed.config,
    rings: parsed.rings,
    log: createLog("silent"),
    migrationsFolder,
    webDirectory: null,
  });
  url = running.deps.config.publicUrl.origin;
});
afterAll(async () => {
  await running.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function makeKey(): Promise<string> {
  const client = createClient(url);
  const token = running.setupLink?.split("#token=")[1];
  const account = { token, email: "a@example.org", password, displayName: "A" };
  await client.mutate("setup.createAdmin", account);
  const agent = await client.mutate("agents.create", { name: "agent" });
  const scopes = ["events:write", "events:read"];
  const input = { agentId: agent.data.id, name: "key", scopes };
  return (await client.mutate("apiKeys.create", input)).data.key;
}

async function killPostgres(): Promise<void> {
  const directory = running.embedded()?.directory ?? "";
  const [pid] = (await readFile(join(directory, "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(pid), "SIGKILL");
}

test("every receipted event exists exactly once although PostgreSQL is killed while events come in", async () => {
  const key = await makeKey();
  const tail = await listen({ fetch: (path, init) => fetch(`${url}${path}`, init) }, bearer(key));
  await tail.until(1, "position");
  const senders = sendSteadily(url, key, { senders: 8, eventsPerBatch: 50 });
  const { receipted, refusals } = senders;
  try {
    for (let kill = 0; kill < 2; kill += 1) {
      await sleep(700);
      const before = receipted.length;
      await killPostgres();
      const killed = performance.now();
      while (receipted.length < before + 1000) {
        await sleep(50);
        expect(performance.now() - killed).toBeLessThan(20_000);
      }
    }
  } finally {
    await senders.stop();
  }

  expect([...refusals.keys()]).toEqual(["503 database_unavailable"]);
  const { connection } = running.embedded() ?? {};
  if (!connection) throw new Error("there is no database");
  const owner = connect(
    { ...connection, database: "muniment" },
    { max: 1, applicationName: "test" },
  );
  try {
    expect(await problemsOf(owner, receipted)).toEqual([]);
    const inOrder = await owner`
      select id from receipts, unnest(event_ids) with ordinality as i (id, n)
      order by commit_xid, position, n`;
    await tail.until(receipted.length);
    expect(tail.events().map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
  } finally {
    await owner.end();
    await tail.close();
  }
});
