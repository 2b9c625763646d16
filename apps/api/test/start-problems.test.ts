import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { ensureBuild } from "../../../scripts/build.mjs";
import { freePort } from "../../../test/free-port.ts";
import { boot } from "../src/boot.ts";
import { type Config, parseConfig } from "../src/config.ts";
import { createLog } from "../src/log.ts";
import { StartProblem } from "../src/start-problem.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { migrationsFolder } from "./postgres.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Starts a second node and returns what refused it, and the links it told. */
async function startBadly(env: Record<string, string>, database?: Config["database"]) {
  const parsed = parseConfig({ DATA_DIR: server.dataDir, LOG_LEVEL: "silent", ...env });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const links: string[] = [];
  const refused = await boot({
    env: {},
    config: { ...parsed.config, ...(database ? { database } : {}) },
    rings: parsed.rings,
    log: createLog("silent"),
    migrationsFolder,
    webDirectory: null,
    onSetupLink: (link) => links.push(link),
  }).then(
    async (running) => {
      await running.stop();
      return "it started";
    },
    (error: unknown) => (error instanceof StartProblem ? error.problem : error),
  );
  return { refused, links };
}

test("a taken port is told before any setup link", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const port = String(address.port);
  try {
    const own = { app: null, owner: server.databaseFacts };
    const { refused, links } = await startBadly(
      { PORT: port, DATABASE_URL: "postgres://127.0.0.1/test" },
      own,
    );
    expect(refused).toEqual({
      variable: "PORT",
      problem: `${port} on 127.0.0.1 is taken by another program`,
      remedy: expect.stringContaining("set PORT"),
    });
    expect(links).toEqual([]);
  } finally {
    other.close();
  }
});

test.each([
  ["DATABASE_URL", {}],
  ["DATABASE_OWNER_URL", { app: "postgres://app:secret@127.0.0.1:1/muniment" }],
])(
  "a database that cannot be reached is told as %s, without its password",
  async (variable, { app }: { app?: string }) => {
    const port = await freePort();
    const owner = `postgres://owner:secret-of-this@127.0.0.1:${port}/muniment`;
    const env = app ? { DATABASE_URL: app, DATABASE_OWNER_URL: owner } : { DATABASE_URL: owner };
    const { refused } = await startBadly({ PORT: String(await freePort()), ...env });
    expect(refused).toMatchObject({
      variable,
      problem: expect.stringMatching(
        `^names 127.0.0.1:${port}, where no PostgreSQL can be reached`,
      ),
      remedy: expect.stringContaining("start PostgreSQL there"),
    });
    expect(JSON.stringify(refused)).not.toContain("secret-of-this");
  },
);

test("a server is not ready until its start is complete", async () => {
  const status = async () => (await server.fetch("/readyz")).status;
  expect(await status()).toBe(200);
  server.deps.started = false;
  expect(await status()).toBe(503);
  server.deps.started = true;
});

test("a wrong DATA_DIR ends the process as every wrong setting does, and names the remedy", async () => {
  const built = await ensureBuild();
  const folder = await mkdtemp(join(tmpdir(), "muniment-foreign-"));
  try {
    await writeFile(join(folder, "thesis.txt"), "");
    const PORT = String(await freePort());
    for (const [env, said] of [
      [{ DATA_DIR: folder, PORT }, /DATA_DIR .* holds "thesis.txt".*Set DATA_DIR to an empty/],
      [{ DATA_DIR: join(folder, "thesis.txt"), PORT }, /DATA_DIR .* cannot be used.*Set DATA_DIR/],
      [{ DATA_DIR: folder, PORT: "none" }, /PORT/],
    ] as const) {
      const child = spawn(process.execPath, [join(built, "api.js")], {
        env: { PATH: process.env.PATH, MUNIMENT_MIGRATIONS: migrationsFolder, ...env },
        stdio: ["ignore", "ignore", "pipe"],
      });
      const [output, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
      expect(output).toMatch(said);
      expect(code).toBe(78);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
