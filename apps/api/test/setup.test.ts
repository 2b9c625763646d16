import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { password, startTestServer, type TestServer } from "./harness.ts";

const hashed = vi.hoisted(() => ({ count: 0 }));
vi.mock("../src/identity/hashing.ts", async (original) => {
  const { createHashing } = await original<typeof import("../src/identity/hashing.ts")>();
  type Hashing = ReturnType<typeof createHashing>;
  const wrap = (real: Hashing): Hashing => ({
    ...real,
    hash: (...args) => {
      hashed.count += 1;
      return real.hash(...args);
    },
  });
  return { createHashing: () => wrap(createHashing()) };
});

let server: TestServer;
let later: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  later = await startTestServer({ besides: server });
});
afterAll(async () => {
  await later.stop();
  await server.stop();
});

const input = (token: string | undefined, email: string) => ({
  token,
  email,
  password,
  displayName: "First",
});

describe("the setup link", () => {
  test("is needed: nobody becomes administrator by being first (V6.3.2)", async () => {
    const guess = input("A".repeat(43), "guess@example.org");
    hashed.count = 0;
    const answer = await server.anonymous().mutate("setup.createAdmin", guess);
    expect(answer.status).toBe(401);
    expect(answer.error?.data.reason).toBe("invalid_token");
    expect(hashed.count).toBe(0);
    const large = { ...guess, displayName: "x".repeat(5000) };
    expect((await server.anonymous().mutate("setup.createAdmin", large)).status).toBe(413);
    const status = await server.anonymous().query("setup.status");
    expect(status.data).toEqual({
      signUp: "invite",
      setupNeeded: true,
      passkeys: false,
      mailLeaves: false,
    });
  });

  test("is refused from a foreign origin", async () => {
    const token = server.setupLink?.split("#token=")[1];
    const foreign = server.anonymous({ origin: "https://evil.example" });
    const answer = await foreign.mutate("setup.createAdmin", input(token, "evil@example.org"));
    expect(answer.error?.data.reason).toBe("origin_not_allowed");
  });

  test("is printed by each node, and none takes another's away", async () => {
    expect(new Set([server.setupLink, later.setupLink, null]).size).toBe(3);
    const rows = await server.owner`select 1 from link_tokens where purpose = 'setup'`;
    expect(rows).toHaveLength(2);
  });

  test("makes exactly one administrator, whoever uses it 20 times at once", async () => {
    const token = server.setupLink?.split("#token=")[1];
    expect(server.setupLink).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup#token=.{40,}$/);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        server.anonymous().mutate("setup.createAdmin", input(token, `a${index}@example.org`)),
      ),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(new Set(refused.map((answer) => answer.error?.data.reason))).toEqual(
      new Set(["invalid_token"]),
    );
    const rows = await server.owner`select role from users`;
    expect(rows.map((row) => row.role)).toEqual(["admin"]);
    const entries =
      await server.owner`select action from audit_entries where action = 'setup.completed'`;
    expect(entries).toHaveLength(1);
    // Those of other nodes have nothing left to do.
    expect(await server.owner`select 1 from link_tokens where purpose = 'setup'`).toHaveLength(0);
    const laterToken = later.setupLink?.split("#token=")[1];
    const again = await later
      .anonymous()
      .mutate("setup.createAdmin", input(laterToken, "b@example.org"));
    expect(again.error?.data.reason).toBe("invalid_token");
  });
});
