import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { areaUnderCurve } from "./area-under-curve.ts";
import type { Answer } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

const attempt = (email: string, given: string) =>
  server.anonymous(fromNewAddress()).mutate("auth.signIn", { email, password: given });

/** What an attacker can see of an answer, without what differs between any two answers. */
function visible({ status, headers, data, error }: Answer) {
  const shown = Object.fromEntries(headers);
  for (const name of ["date", "x-request-id"]) delete shown[name];
  return { status, data, message: error?.message, reason: error?.data.reason, headers: shown };
}

describe("signing in", () => {
  test("answers who it is, in the shape of the contract, and sets a session cookie", async () => {
    const { email, id } = await server.member();
    const client = server.anonymous();
    const data = must(await client.mutate("auth.signIn", { email, password }));
    expect(data).toEqual({
      status: "signedIn",
      user: {
        id,
        email,
        displayName: "member",
        role: "member",
        createdAt: expect.any(String),
        secondFactor: false,
        mustEnroll: false,
      },
    });
    expect(must(await client.query("auth.me"))).toEqual(data.user);
    const [row] = await server.owner`select last_sign_in_at from users where id = ${id}`;
    expect(row?.last_sign_in_at.getTime()).toBeGreaterThan(Date.now() - 10_000);
  });

  test("takes the address in any case and with blanks around it", async () => {
    const { email } = await server.member();
    expect((await attempt(`  ${email.toUpperCase()} `, password)).status).toBe(200);
  });

  test("takes the same password typed as other code points", async () => {
    const { email, id } = await server.member();
    const composed = "d\u00e9j\u00e0 vu and once more";
    const { hashPassword } = await import("../src/identity/password.ts");
    const hash = await hashPassword(composed, server.deps.config.argon2);
    await server.owner`update users set password_hash = ${hash} where id = ${id}`;
    expect((await attempt(email, composed.normalize("NFD"))).status).toBe(200);
    expect((await attempt(email, composed.toUpperCase())).status).toBe(401);
  });

  test("refuses a wrong password, an unknown and a disabled account in the same words", async () => {
    const known = await server.member();
    const disabled = [await server.member(), await server.member()] as const;
    for (const { id } of disabled)
      await server.owner`update users set disabled_at = now() where id = ${id}`;
    const wrong = visible(await attempt(known.email, "not the password at all"));
    expect(wrong).toMatchObject({ status: 401, reason: "invalid_credentials" });
    expect(wrong.headers).not.toHaveProperty("set-cookie");
    expect(visible(await attempt("nobody@example.org", password))).toEqual(wrong);
    expect(visible(await attempt(disabled[0].email, password))).toEqual(wrong);
    expect(visible(await attempt(disabled[1].email, "not the password at all"))).toEqual(wrong);
  });

  test("V6.3.8 takes as long for an unknown account as for a known one: the times tell nothing", async () => {
    // Several, so that none comes to the ceiling of an account.
    const members = await Promise.all(Array.from({ length: 6 }, () => server.member()));
    const timed = async (address: string) => {
      const from = performance.now();
      await attempt(address, "not the password at all");
      return performance.now() - from;
    };
    async function measure(pairs: number): Promise<number> {
      const known: number[] = [];
      const unknown: number[] = [];
      for (let pair = 0; pair < pairs; pair += 1) {
        // Other accounts every time, as a guesser would name them, and both orders alike.
        const nobody = `nobody-${pair}@example.org`;
        const email = members[pair % members.length]?.email ?? "";
        if (pair % 2 === 0) {
          known.push(await timed(email));
          unknown.push(await timed(nobody));
        } else {
          unknown.push(await timed(nobody));
          known.push(await timed(email));
        }
      }
      return areaUnderCurve(known, unknown);
    }
    await measure(2);
    // `bench/soak/timing.ts` asks for more, and keeps what was measured.
    const { TIMING_PAIRS, TIMING_FILE } = process.env;
    const areas = [await measure(Number(TIMING_PAIRS ?? 40))];
    if (TIMING_FILE) await writeFile(TIMING_FILE, JSON.stringify(areas[0]));
    // By chance 40 pairs look odd once in eight times, and 100 once in seventy; a difference stays.
    const isOdd = () => Math.abs((areas.at(-1) ?? 0) - 0.5) > 0.1;
    for (const pairs of [100, 200]) if (isOdd()) areas.push(await measure(pairs));
    expect(isOdd(), `areas ${areas}`).toBe(false);
  }, 180_000);

  test.each([
    ["no input", undefined],
    ["an array", ["admin@example.org", password]],
    ["null", null],
    ["a number", 7],
    ["no password", { email: "a@example.org" }],
    ["an empty password", { email: "a@example.org", password: "" }],
    ["an unknown field", { email: "a@example.org", password, remember: true }],
    ["an object for a password", { email: "a@example.org", password: { length: 20 } }],
    ["a list of addresses", { email: ["a@example.org"], password }],
    ["a password too long to be one", { email: "a@example.org", password: "x".repeat(600) }],
  ])("refuses %s as malformed", async (_, input) => {
    const answer = await server.anonymous().mutate("auth.signIn", input);
    expect(answer.status).toBe(400);
    expect(answer.error?.data.reason).toBe("invalid_input");
  });

  test("signing out ends the session and the cookie", async () => {
    const client = await server.member();
    const cookie = client.cookie;
    const answer = await client.mutate("auth.signOut");
    expect(answer.data).toEqual({});
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^muniment_session=; Path=\/; HttpOnly; SameSite=Strict; Expires=Thu, 01 Jan 1970/,
    );
    client.cookie = cookie;
    expect((await client.query("auth.me")).error?.data.reason).toBe("not_signed_in");
    expect((await client.mutate("auth.signOut")).status).toBe(401);
  });
});
