import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { call } from "../../test/call.ts";

let place: string;
beforeEach(async () => {
  place = await mkdtemp("/tmp/security-check-command-");
});
afterEach(() => rm(place, { recursive: true, force: true }));

const project = () => join(place, "project");
const dataDir = () => join(place, "data");

async function check(argv: string[] = [], env: Record<string, string> = {}) {
  await mkdir(project(), { recursive: true });
  return call(["security-check", "--project", project(), ...argv], {
    env: { DATA_DIR: dataDir(), ...env },
  });
}

async function rowOf(id: string, argv: string[] = [], env: Record<string, string> = {}) {
  const { stdout } = await check(["--json", ...argv], env);
  const { checks } = JSON.parse(stdout) as { checks: { id: string; status: string }[] };
  return checks.find((row) => row.id === id);
}

test("for people it lists by group what is wrong, with the remedy and the check's name", async () => {
  const { stdout, exitCode } = await check([], { CORS_ORIGINS: "*" });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^Origins and cookies$/m);
  expect(stdout).toMatch(/^ {2}FAIL Other sites that may call are named exactly: .*wildcard$/m);
  expect(stdout).toMatch(/^ {7}Remedy: List exact origins.* {2}\[cors\.exact-origins\]$/m);
  expect(stdout).toMatch(/^\d+ passed, \d+ warnings, 2 failed, \d+ do not apply\n$/m);
});

test("nothing is made where nothing has been started yet", async () => {
  const { exitCode } = await check();
  expect(exitCode).toBe(0);
  await expect(rm(dataDir())).rejects.toThrow("ENOENT");
});

test("--env-file is judged in place of the environment, its mode included", async () => {
  const file = join(place, "production.env");
  await writeFile(file, `NODE_ENV=production\nDATA_DIR=${dataDir()}\nCORS_ORIGINS=*\n`);
  await chmod(file, 0o644);
  const argv = ["--env-file", file];
  const own = { CORS_ORIGINS: "https://app.example.org", NODE_ENV: "test" };
  expect(await rowOf("cors.exact-origins", argv, own)).toMatchObject({ status: "fail" });
  expect(await rowOf("production.node-env", argv, own)).toMatchObject({ status: "pass" });
  expect(await rowOf("files.env", argv, own)).toMatchObject({ status: "fail" });
  await chmod(file, 0o600);
  expect(await rowOf("files.env", argv, own)).toMatchObject({ status: "pass" });
});

test("secrets in files, the outbox and DATA_DIR are judged by their modes", async () => {
  const secret = join(place, "jwt");
  await writeFile(secret, "Zk3v9Qx7Lw2Rt8Yp5Nd1Hs6Gf4Jb0Mc3Va", { mode: 0o600 });
  await mkdir(join(dataDir(), "outbox"), { recursive: true, mode: 0o700 });
  await writeFile(join(dataDir(), "outbox", "1.eml"), "mail", { mode: 0o600 });
  const env = { JWT_SECRET_FILE: secret };
  for (const [id, path, wrong, good] of [
    ["secrets.files", secret, 0o644, 0o600],
    ["files.outbox", join(dataDir(), "outbox", "1.eml"), 0o644, 0o600],
    ["files.data-dir", dataDir(), 0o755, 0o711],
  ] as const) {
    await chmod(path, wrong);
    expect(await rowOf(id, [], env), id).toMatchObject({ status: "fail" });
    await chmod(path, good);
    expect(await rowOf(id, [], env), id).toMatchObject({ status: "pass" });
  }
  expect(await rowOf("secrets.jwt", [], env)).toMatchObject({ status: "pass" });
});

test("a secret file that a link names is judged itself", async () => {
  const target = join(place, "target");
  await writeFile(target, "Zk3v9Qx7Lw2Rt8Yp5Nd1Hs6Gf4Jb0Mc3Va", { mode: 0o600 });
  await chmod(target, 0o644);
  await symlink(target, join(place, "link"));
  const row = await rowOf("secrets.files", [], { JWT_SECRET_FILE: join(place, "link") });
  expect(row).toMatchObject({ status: "fail" });
});

test("a damaged keyring or container file is a finding, not a crash", async () => {
  await mkdir(dataDir(), { mode: 0o700 });
  await writeFile(join(dataDir(), "keyring.json"), "{", { mode: 0o600 });
  await mkdir(project());
  await writeFile(join(project(), "docker-compose.yml"), "services: [");
  await writeFile(join(project(), "pnpm-lock.yaml"), "packages:\n  a: 1\nsnapshots:\n");
  expect(await rowOf("compose.private-stores")).toMatchObject({ status: "fail" });
  expect(await rowOf("dependencies.verified")).toMatchObject({ status: "fail" });
  expect(await rowOf("files.keyring")).toMatchObject({ status: "fail" });
  expect(await rowOf("secrets.jwt")).toMatchObject({ status: "skip" });
});

test.each([
  [["--env-file", "/nowhere/.env"], "ENOENT"],
  [["now"], "options only"],
  [["--nonsense"], "--nonsense"],
])("called wrongly (%s) it says so and judges nothing", async (argv, message) => {
  const { exitCode, stdout, stderr } = await check(argv);
  expect(exitCode).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
});
