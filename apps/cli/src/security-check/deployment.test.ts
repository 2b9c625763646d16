import { execFile, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { judge } from "@muniment/api/posture/check.ts";
import { readSettings } from "@muniment/api/posture/gather/settings.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { freePort } from "../../../../test/free-port.ts";
import { call } from "../../test/call.ts";
import { checks } from "./registry.ts";
import { projectFile, soundFacts } from "./test/sound-facts.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const execute = promisify(execFile);
const script = fileURLToPath(new URL("../../../../deploy/make-secrets.sh", import.meta.url));
const self = `${process.getuid?.()}:${process.getgid?.()}`;
const users = { API_UID: self, POSTGRES_UID: self, REDIS_UID: self };

let place: string;
const makeSecrets = () =>
  execute("sh", [script, place], { env: { PATH: process.env.PATH, ...users } });
const secretsOf = (service: string) =>
  readdirSync(join(place, service)).map((name) => join(place, service, name));
const everything = (): Record<string, string> =>
  Object.fromEntries(
    ["api", "postgres", "redis"]
      .flatMap(secretsOf)
      .map((path) => [path.slice(place.length), readFileSync(path, "utf8")]),
  );
const content = (path: string) => readFileSync(join(place, path), "utf8").trim();

beforeAll(async () => {
  place = await mkdtemp("/tmp/deployment-");
  await makeSecrets();
});
afterAll(() => rm(place, { recursive: true, force: true }));

describe("make-secrets.sh", () => {
  test("gives each file to its owner alone", () => {
    for (const path of ["api", "postgres", "redis"].flatMap(secretsOf)) {
      expect(statSync(path).mode & 0o777, path).toBe(0o400);
    }
    expect(statSync(place).mode & 0o777).toBe(0o700);
  });

  test("leaves complete secrets as they are", async () => {
    const before = everything();
    const { stdout } = await makeSecrets();
    expect(stdout).not.toContain("made ");
    expect(everything()).toEqual(before);
  });

  test("completes what an interrupted run left, and keeps the rest", async () => {
    const before = everything();
    for (const name of ["api/jwt-secret", "api/database-url", "api/redis-url"]) {
      await rm(join(place, name));
    }
    await makeSecrets();
    const after = everything();
    expect(after["/api/jwt-secret"]).not.toBe(before["/api/jwt-secret"]);
    expect(after["/api/encryption-key"]).toBe(before["/api/encryption-key"]);
    expect(after["/api/database-url"]).toBe(before["/api/database-url"]);
    expect(content("api/database-owner-url")).toContain(content("postgres/owner-password"));
    const hash = createHash("sha256").update(new URL(content("api/redis-url")).password);
    expect(content("redis/users.acl")).toContain(`#${hash.digest("hex")} `);
  });

  test("renews the certificates alone when the authority's is deleted", async () => {
    const before = everything();
    await rm(join(place, "api/ca.pem"));
    await makeSecrets();
    const after = everything();
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed.sort()).toEqual([
      "/api/ca.pem",
      "/postgres/server.crt",
      "/postgres/server.key",
      "/redis/ca.pem",
      "/redis/server.crt",
      "/redis/server.key",
    ]);
  });

  test.each(["postgres", "redis"])("certifies %s for its host name and nothing else", (name) => {
    const authority = new X509Certificate(content("api/ca.pem"));
    const certificate = new X509Certificate(content(`${name}/server.crt`));
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe(`DNS:${name}`);
    expect(certificate.ca).toBe(false);
  });

  test("keeps no key of the authority", () => {
    const all = ["api", "postgres", "redis"].flatMap(secretsOf);
    expect(
      all.filter((path) => path.endsWith(".key")).map((path) => path.slice(place.length)),
    ).toEqual(["/postgres/server.key", "/redis/server.key"]);
  });
});

/** What the api service of the compose file runs with, as Compose would fill it in. */
function composeEnvironment(): Record<string, string> {
  const { services } = parse(projectFile("docker-compose.yml"), { merge: true });
  const image = projectFile("Dockerfile").match(/ENV NODE_ENV=production[\s\S]+?(?=\nUSER)/)?.[0];
  const fromImage = [...(image ?? "").matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  const given = Object.entries<string>(services.api.environment).map(([name, value]) => [
    name,
    value
      .replace(/\$\{MUNIMENT_DOMAIN:\?[^}]+\}/, "muniment.example.org")
      .replace(/\$\{\w+:-([^}]*)\}/, "$1")
      .replace("/run/secrets", join(place, "api")),
  ]);
  return Object.fromEntries([...fromImage, ...given]);
}

test("the server accepts what the compose file gives it, and the checks have nothing to say", () => {
  const settings = readSettings(composeEnvironment());
  expect(settings.problems).toEqual([]);
  expect(settings.config.production).toBe(true);
  expect(settings.config.database?.app?.tls?.ca).toContain("BEGIN CERTIFICATE");
  const { database } = soundFacts();
  const judged = judge(checks, { ...soundFacts(), settings, database });
  const complaints = judged.filter(({ status }) => status === "fail" || status === "warn");
  // What only those who run it can decide.
  expect(complaints.map(({ id }) => id)).toEqual(["production.retention", "mail.sent"]);
});

test("every setting that the README tells of can be chosen beside the compose file", () => {
  const rows = projectFile("README.md").matchAll(/^\| (`[A-Z][^|]+`) +\|/gm);
  const told = [...rows].flatMap(([, names = ""]) => names.match(/(?<=`)[A-Z0-9_]+(?=`)/g) ?? []);
  const chosen = composeEnvironment();
  expect(told).toContain("TRUST_PROXY");
  expect(told.filter((name) => !(name in chosen || `${name}_FILE` in chosen))).toEqual([]);
});

test("the scanner of the compose file is met by the API alone, in a network without a way out", () => {
  const { services, networks } = parse(projectFile("docker-compose.yml"), { merge: true });
  const { clamav } = services;
  const sharedBy = (network: string) =>
    Object.keys(services).filter((name) => services[name].networks?.includes(network));
  expect(clamav.profiles).toEqual(["clamav"]);
  expect(clamav.networks.map(sharedBy)).toEqual([["api", "clamav"], ["clamav"]]);
  expect(networks.scanner).toEqual({ internal: true });
  expect(clamav.ports).toBeUndefined();
  const told = projectFile("deploy/.env.example").match(/^# (CLAMAV_URL)=(.+)$/m) ?? [];
  const settings = readSettings({ ...composeEnvironment(), CLAMAV_URL: told[2] ?? "" });
  expect(settings.config.clamav).toEqual({ host: "clamav", port: 3310 });
});

test("the backup of the compose file is made by the same image with the same secrets, and reaches the database alone", async () => {
  const { services, networks } = parse(projectFile("docker-compose.yml"), { merge: true });
  const { backup, api } = services;
  expect(backup.profiles).toEqual(["backup"]);
  expect([backup.image, backup.restart, backup.ports]).toEqual([api.image, "no", undefined]);
  expect(backup.environment).toEqual(api.environment);
  expect(backup.networks).toEqual(["database"]);
  expect(networks.database).toEqual({ internal: true });
  expect(backup.cap_drop).toEqual(["ALL"]);
  // It changes nothing of what it copies; uploaded files and the keyring are in the volume of the API.
  expect(backup.volumes.slice(0, 2)).toEqual([
    "./deploy/secrets/api:/run/secrets:ro",
    "api-data:/data:ro",
  ]);
  expect(api.volumes).toContain("api-data:/data");
  const filled = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/, "$1");
  const [node, file, ...argv] = backup.command.map(filled);
  expect([node, file]).toEqual(["node", "cli.js"]);
  // Without a recipient it says what to set, and with one it goes on to look for the installation.
  const env = { ...composeEnvironment(), DATA_DIR: join(place, "none") };
  const unset = await call(argv, { env });
  expect(unset).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("set BACKUP_RECIPIENT"),
  });
  const [, folder] = /:([^:]+)$/.exec(backup.volumes[2]) ?? [];
  expect(argv[1]).toBe(folder);
  const { stdout: recipient } = await call(["backup", "--make-identity", join(place, "key")]);
  const set = argv.map((one: string) => (one === "" ? recipient.trim() : one));
  const found = await call(set.with(1, place), { env });
  expect(found).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("holds no installation"),
  });
  for (const [, name] of projectFile("docker-compose.yml").matchAll(/\$\{(BACKUP_\w*):-/g)) {
    expect(projectFile("deploy/.env.example")).toContain(`# ${name}=`);
  }
});

const redisServer = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find(existsSync);

describe.skipIf(!redisServer && process.env.CI !== "true")("Redis with its configuration", () => {
  let stop: () => Promise<void>;
  let port: string;

  const say = async (user: string, password: string, ...command: string[]) => {
    const tls = ["--tls", "--cacert", join(place, "api/ca.pem"), "--sni", "redis"];
    const as = ["--user", user, "--pass", password, "--no-auth-warning"];
    const { stdout } = await execute("redis-cli", ["-p", port, ...tls, ...as, ...command]);
    return stdout.trim();
  };

  beforeAll(async () => {
    port = String(await freePort());
    const configuration = projectFile("deploy/redis/redis.conf")
      .replaceAll("/run/secrets", join(place, "redis"))
      .replace("tls-port 6379", `tls-port ${port}\nbind 127.0.0.1`);
    const path = join(place, "redis.conf");
    await writeFile(path, configuration);
    const child = spawn(redisServer ?? "redis-server", [path], { stdio: "ignore" });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    stop = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    await vi.waitUntil(() => say("health", "none", "ping").catch(() => ""), { timeout: 50_000 });
  });
  afterAll(() => stop());

  const password = () => new URL(content("api/redis-url")).password;

  test("Muniment counts under its own keys", async () => {
    expect(await say("muniment", password(), "set", "muniment:general:1", "1")).toBe("OK");
    expect(await say("muniment", password(), "incrby", "muniment:general:1", "2")).toBe("3");
    expect(await say("muniment", password(), "set", "other:1", "1")).toContain("NOPERM");
  });

  test.each([["flushall"], ["keys", "*"], ["config", "get", "*"], ["shutdown"], ["acl", "list"]])(
    "%s is refused",
    async (...command) => {
      expect(await say("muniment", password(), ...command)).toContain("NOPERM");
    },
  );

  test("the health check may ask for health only, and nobody else may ask anything", async () => {
    expect(await say("health", "none", "ping")).toBe("PONG");
    expect(await say("health", "none", "get", "muniment:general:1")).toContain("NOPERM");
    expect(await say("muniment", "wrong", "ping").catch(String)).toMatch(/WRONGPASS|NOAUTH/);
    const { stdout } = await execute("redis-cli", ["-p", port, "ping"]).catch((error) => error);
    expect(stdout).not.toContain("PONG");
  });
});
