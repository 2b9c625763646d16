import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { secretNames } from "@muniment/api/config.ts";
import { loadKeyring } from "@muniment/api/keyring.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { call } from "../../test/call.ts";

const none = { JWT_SECRET: [], API_KEY_SECRET: [], ENCRYPTION_KEY: [], AUDIT_SIGNING_KEY: [] };
let place: string;
let out: string;
let env: Record<string, string>;
const keyring = () => readFileSync(join(place, "keyring.json"), "utf8");
const rotate = (...argv: string[]) => call(["rotate-keys", ...argv], { env });

beforeEach(() => {
  place = mkdtempSync("/tmp/rotate-out-");
  out = join(place, "../", `${place.split("/").at(-1)}-new`);
  loadKeyring(place, none);
  env = { DATA_DIR: place, JWT_SECRET: randomBytes(36).toString("base64url") };
});
afterEach(() => {
  rmSync(place, { recursive: true });
  rmSync(out, { force: true });
});

test("new elements of rings of the environment go into a file that nobody else can read, and are not shown", async () => {
  const { exitCode, stdout, stderr } = await rotate("--out", out);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const made = parseEnv(readFileSync(out, "utf8"));
  expect(Object.keys(made)).toEqual(["JWT_SECRET"]);
  expect(made.JWT_SECRET?.length).toBeGreaterThanOrEqual(48);
  expect(made.JWT_SECRET).not.toBe(env.JWT_SECRET);
  expect(stdout).toContain(`its new element is in ${out}`);
  const { JWT_SECRET, DATABASE_PASSWORD: _, ...kept } = JSON.parse(keyring());
  expect([JWT_SECRET].flat()).toHaveLength(1);
  for (const ring of Object.values(kept)) expect(ring).toHaveLength(2);
  for (const secret of [made.JWT_SECRET, ...Object.values(kept).flat()])
    expect(stdout).not.toContain(secret);
});

test("a file that is there is left, and so is the keyring; so are both without a place for new elements", async () => {
  writeFileSync(out, "mine");
  const before = keyring();
  expect(await rotate("--out", out)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("--out: EEXIST"),
  });
  expect(await rotate()).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("the environment gives JWT_SECRET"),
  });
  expect([readFileSync(out, "utf8"), keyring()]).toEqual(["mine", before]);
});

test("they are printed where that is asked for", async () => {
  const plain = await rotate("--show", "--only", "JWT_SECRET");
  expect(plain.stdout).toMatch(/^JWT_SECRET=[\w-]{48}$/m);
  const { exitCode, stdout } = await rotate("--show", "--only", "JWT_SECRET", "--json");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    rotated: [{ name: "JWT_SECRET", from: "environment", elements: 1 }],
    out: null,
    elements: [expect.stringMatching(/^JWT_SECRET=[\w-]{48}$/)],
  });
});

test("a report tells of no file and no element where all rings are kept", async () => {
  env = { DATA_DIR: place };
  const { exitCode, stdout } = await rotate("--out", out, "--show", "--json");
  expect([exitCode, existsSync(out)]).toEqual([0, false]);
  expect(JSON.parse(stdout)).toEqual({
    rotated: secretNames.map((name) => ({ name, from: "keyring.json", elements: 2 })),
    out: null,
    elements: [],
  });
});

test.each([
  [["--out", "x", "--status"], "--out and --show are for new elements"],
  [["--show", "--retire"], "--out and --show are for new elements"],
  [["--accept"], "--accept goes with --retire"],
  [["--status", "--retire"], "are three calls"],
  [["--only", "SMTP_URL"], "the rings are JWT_SECRET"],
])("%j is refused, and nothing is changed", async (argv, why) => {
  const before = keyring();
  const { exitCode, stdout, stderr } = await rotate(...argv, "--json");
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)]);
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    problem: expect.stringContaining(why),
    exitCode: 2,
  });
  expect(keyring()).toBe(before);
});
