import { hash } from "@node-rs/bcrypt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importUsers } from "../src/identity/import-users.ts";
import { verifyImported } from "../src/identity/imported-hash.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let bcrypt = "";
beforeAll(async () => {
  [server, bcrypt] = await Promise.all([startTestServer(), hash(password, { cost: 4 })]);
});
afterAll(() => server.stop());

/** Made with Python's hashlib, the way Django does it. */
const django = "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=";

const lineOf = (value: unknown) => JSON.stringify(value);
const load = (text: string, dryRun = false) =>
  importUsers(server.deps, text, { dryRun, now: server.deps.now() });
const hashOf = async (email: string) =>
  (await server.owner`select password_hash from users where email = ${email}`)[0]?.password_hash;

describe("imported accounts", () => {
  test("sign in with the hash of the other system, which argon2id then replaces", async () => {
    const rows = [
      { email: "A@Example.org", displayName: "A", passwordHash: bcrypt },
      { email: "b@example.org", displayName: "B", passwordHash: bcrypt.replace("$2b$", "$2a$") },
      { email: "c@example.org", displayName: "C", passwordHash: bcrypt.replace("$2b$", "$2y$") },
      { email: "d@example.org", displayName: "D", role: "auditor", passwordHash: django },
    ];
    expect(await load(`${rows.map(lineOf).join("\r\n")}\n\n`)).toEqual({ users: 4, problems: [] });
    for (const { email, passwordHash } of rows) {
      const address = email.toLowerCase();
      expect(await hashOf(address)).toBe(passwordHash);
      const signIn = (given: string) =>
        server.anonymous().mutate("auth.signIn", { email: address, password: given });
      expect((await signIn(`${password}!`)).status).toBe(401);
      expect(await hashOf(address)).toBe(passwordHash);
      must(await signIn(password));
      expect(await hashOf(address)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      must(await signIn(password));
    }
    const admin = await server.admin();
    const { items } = must(await admin.query("audit.search", { actions: ["user.imported"] }));
    expect(items).toHaveLength(4);
    const imported = items.find(
      ({ details }: { details: { role: string } }) => details.role === "auditor",
    );
    expect(imported).toMatchObject({
      actor: { kind: "system" },
      target: { kind: "user", label: "d@example.org" },
      details: { role: "auditor", hash: "pbkdf2_sha256" },
    });
  });

  test("sign in ten times at once with the first hash, and are upgraded once", async () => {
    await load(lineOf({ email: "race@example.org", displayName: "R", passwordHash: bcrypt }));
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        server.anonymous().mutate("auth.signIn", { email: "race@example.org", password }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(await hashOf("race@example.org")).toMatch(/^\$argon2id/);
    const admin = await server.admin();
    const actions = ["account.password_rehashed"];
    const { items } = must(await admin.query("audit.search", { actions }));
    const own = items.filter(
      ({ target }: { target: { label: string } }) => target.label === "race@example.org",
    );
    expect(own.map(({ details }: { details: object }) => details)).toEqual([{ from: "bcrypt" }]);
  });

  test("are all made or none, with every wrong line named by its number", async () => {
    const good = { email: "good@example.org", displayName: "Good", passwordHash: bcrypt };
    await server.member("taken@example.org");
    const text = [
      lineOf(good),
      "not json",
      lineOf({ ...good, email: "nobody" }),
      lineOf({ ...good, email: "GOOD@example.org" }),
      lineOf({ ...good, email: "taken@example.org" }),
      lineOf({ ...good, email: "plain@example.org", passwordHash: "hunter2" }),
      lineOf({ ...good, email: "dear@example.org", passwordHash: bcrypt.replace("$04$", "$31$") }),
      lineOf({ ...good, email: "more@example.org", extra: 1 }),
      lineOf({ ...good, email: "root@example.org", role: "root" }),
    ].join("\n");
    const { problems } = await load(text);
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect(problems[2]?.problem).toBe("has the address of line 1");
    expect(problems[3]?.problem).toBe("there is an account with this address");
    expect(JSON.stringify(problems)).not.toContain("hunter2");
    expect(await hashOf("good@example.org")).toBeUndefined();
    expect(await load(lineOf(good), true)).toEqual({ users: 1, problems: [] });
    expect(await hashOf("good@example.org")).toBeUndefined();
  });
});

test.each([
  ["nothing", ""],
  ["bcrypt that would take hours", `$2b$31$${"a".repeat(53)}`],
  ["bcrypt cut short", "$2b$04$short"],
  ["pbkdf2 of too many rounds", django.replace("$1000$", "$2000001$")],
  ["pbkdf2 of too few rounds", django.replace("$1000$", "$999$")],
  ["pbkdf2 with a short digest", "pbkdf2_sha256$1000$seasalt$AAAA"],
  ["an unknown hash", "md5$x$y"],
])("%s fits no password, and takes no time", async (_, stored) => {
  expect(await verifyImported(stored, password)).toBe(false);
});
