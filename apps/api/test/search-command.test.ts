import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../cli/test/call.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let env: Record<string, string>;
const now = Date.now();

beforeAll(async () => {
  server = await startTestServer();
  const { key } = await makeSender(server);
  env = { MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
  const one = (n: number) =>
    makeEvent(
      { type: n % 2 ? "ssh.login.failed" : "job.done", message: `number ${n}`, props: { n } },
      now - n * 60_000,
    );
  for (const from of [0, 100]) {
    await send(
      server,
      key,
      Array.from({ length: 100 }, (_, n) => one(from + n)),
    );
  }
});
afterAll(() => server.stop());

const search = (argv: string[], more: Record<string, string> = {}) =>
  call(["search", ...argv], { env: { ...env, ...more } });
const parsed = (stdout: string) =>
  stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe("muniment search", () => {
  test("prints what passes, newest first, over as many pages as it takes", async () => {
    const { exitCode, stdout, stderr } = await search(["--json", "--limit", "150"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const numbers = parsed(stdout).map(({ props }) => props.n);
    expect(numbers).toEqual(Array.from({ length: 150 }, (_, n) => n));
  });

  test("asks the query and the times", async () => {
    const { stdout } = await search(["--json", "--from", "30m", "type:ssh.* props.n>10"]);
    const numbers = parsed(stdout).map(({ props }) => props.n);
    expect(numbers).toEqual([11, 13, 15, 17, 19, 21, 23, 25, 27, 29]);
  });

  test("prints a line per event for people", async () => {
    const { stdout } = await search(['"number 7"', "--limit", "1"]);
    expect(stdout).toMatch(/^\S+Z {2}info {6}job\.done|ssh\.login\.failed {2}number 7\d?\n$/);
    expect(stdout.split("\n")).toHaveLength(2);
  });

  test("marks the place of a mistake and asks nothing", async () => {
    const { exitCode, stderr } = await search(["level:loud"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("  level:loud\n        ^\n");
  });

  test("passes on what only the server can know", async () => {
    const { exitCode, stderr } = await search(["agent:nobody"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("There is no agent named nobody. (invalid_query)");
  });

  test("leaves exit code 3 without a good key or a server", async () => {
    expect(await search([], { MUNIMENT_API_KEY: "mnt_wrong" })).toMatchObject({ exitCode: 3 });
    const { key } = await makeSender(server, { scopes: ["events:write"] });
    const refused = await search([], { MUNIMENT_API_KEY: key });
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain("(missing_scope)");
    const nobody = await search([], { MUNIMENT_URL: "http://127.0.0.1:9" });
    expect(nobody.exitCode).toBe(3);
    expect(nobody.stderr).toContain("No answer from http://127.0.0.1:9");
  });
});
