import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { waitsForTest } from "./lock-waits.ts";
import { enrollTotp } from "./totp-app.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { TRUST_PROXY: "1", SIGN_UP: "open" } });
});
afterAll(() => server.stop());

const told = ({ status, error }: Answer) => [status, error?.data.reason, error?.message];
const leaked = "manchesterunited";
const common = [400, "weak_password", expect.stringMatching(/attackers try first/)];

describe("a new password", () => {
  test("V6.2.4 V6.2.12 that is known to attackers makes no first administrator", async () => {
    const token = server.setupLink?.split("#token=")[1];
    const person = { email: "first@example.org", displayName: "First" };
    const client = server.anonymous();
    const weak = await client.mutate("setup.createAdmin", { ...person, token, password: leaked });
    expect(told(weak)).toEqual(common);
    must(await client.mutate("setup.createAdmin", { ...person, token, password }));
  });

  test("V6.2.4 V6.2.11 that is known, or holds words of the person, makes no account", async () => {
    const person = { email: "grace.hopper@navy.example", displayName: "Amazing Grace" };
    const signUp = (given: string) =>
      server.anonymous(fromNewAddress()).mutate("auth.signUp", { ...person, password: given });
    expect(told(await signUp(leaked))).toEqual(common);
    expect(told(await signUp("seven hopper owls"))[2]).toContain("“hopper”");
    expect(told(await signUp("seven Muniment owls"))[2]).toContain("“muniment”");
    expect((await signUp("seven cobol owls sing")).status).toBe(200);
  });

  test("V6.2.2 V6.2.3 V6.2.4 replaces the old one where that is given and the new one is not known", async () => {
    const client = await server.member();
    const change = (currentPassword: string, given: string) =>
      client.mutate("account.changePassword", { currentPassword, password: given });
    expect(told(await change(password, leaked))).toEqual(common);
    expect((await change("not the password at all", "seven green owls")).status).toBe(401);
    expect(told(await change(password, "green owls!"))).toEqual([
      400,
      "weak_password",
      "Use at least 15 characters.",
    ]);
    expect((await change(password, "seven green owls")).status).toBe(200);
    const signIn = (given: string) =>
      server.anonymous().mutate("auth.signIn", { email: client.email, password: given });
    expect((await signIn(password)).status).toBe(401);
    expect((await signIn("seven green owls")).status).toBe(200);
  });

  test("that is short is refused where the factor beside it goes meanwhile", async () => {
    const client = await server.member();
    await enrollTotp(client, server.deps.now);
    let changing: Promise<Answer> | undefined;
    await server.owner.begin(async (sql) => {
      await sql`update users set second_factor_at = null where id = ${client.id}`;
      const change = { currentPassword: password, password: "otterjam 71" };
      changing = client.mutate("account.changePassword", change);
      // It has judged and hashed the password by now, and waits for the account.
      await expect.poll(() => waitsForTest(server)).toBeGreaterThan(0);
    });
    const answer = await changing;
    expect([answer?.status, answer?.error?.data.reason]).toEqual([409, "password_too_short"]);
  });

  test("V6.2.8 is taken exactly as typed: neither cut nor changed in case, only normalised", async () => {
    const client = await server.member();
    const long = `Déjà vu ${"zq jx kv ".repeat(13)}`.slice(0, 128).normalize("NFC");
    must(
      await client.mutate("account.changePassword", { currentPassword: password, password: long }),
    );
    const signIn = async (given: string) =>
      (await server.anonymous().mutate("auth.signIn", { email: client.email, password: given }))
        .status;
    expect(await signIn(long)).toBe(200);
    expect(await signIn(long.normalize("NFD"))).toBe(200);
    expect(await signIn(long.slice(0, -1))).toBe(401);
    expect(await signIn(`${long.slice(0, -1)}!`)).toBe(401);
    expect(await signIn(long.toLowerCase())).toBe(401);
    expect(await signIn(` ${long}`)).toBe(401);
  });

  test("V6.2.10 does not grow old: after ten years it signs in, and nothing asks for another", async () => {
    const { email, id } = await server.member();
    await server.owner`
      update users set created_at = created_at - interval '10 years', last_sign_in_at = null where id = ${id}`;
    const answer = await server.anonymous().mutate("auth.signIn", { email, password });
    expect(must(answer)).toMatchObject({ status: "signedIn", user: { id, mustEnroll: false } });
  });

  test("V11.4.2 is hashed anew at sign-in when the configured cost has risen, and stays valid", async () => {
    const client = await server.member();
    const dearer = await startTestServer({ besides: server, env: { ARGON2_TIME: "3" } });
    try {
      const stored = async () =>
        (await server.owner`select password_hash from users where id = ${client.id}`)[0]
          ?.password_hash;
      expect(await stored()).toContain("$m=19456,t=2,p=1$");
      await dearer.signIn(client.email);
      expect(await stored()).toContain("$m=19456,t=3,p=1$");
      // A node that still has the lower cost leaves the dearer hash.
      await server.signIn(client.email);
      expect(await stored()).toContain("$m=19456,t=3,p=1$");
    } finally {
      await dearer.stop();
    }
  });
});
