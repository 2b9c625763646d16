import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { raiseAlert } from "../src/alerts/raise.ts";
import { listen } from "./events-listener.ts";
import { startTestServer, type TestServer } from "./harness.ts";

const token = "a-token-that-only-the-monitoring-has";
const slowMilliseconds = 300;
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    env: { ACCESS_LOG: "on", SLOW_REQUEST_MS: String(slowMilliseconds), METRICS_TOKEN: token },
  });
});
afterAll(() => server.stop());

/** The lines that are written, by their level; none is shown. */
let lines: Record<"info" | "warn" | "error", [object, string][]>;
beforeEach(() => {
  lines = { info: [], warn: [], error: [] };
  for (const level of ["info", "warn", "error"] as const) {
    const note = (...line: unknown[]) => void lines[level].push(line as [object, string]);
    vi.spyOn(server.deps.log, level).mockImplementation(note as never);
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});
type Line = { requestId?: string; ms?: number; sendingMs?: number };
const linesOf = (level: keyof typeof lines, text: string, id: string | null) =>
  lines[level].flatMap(([fields, said]: [Line, string]) =>
    said === text && fields.requestId === id ? [fields] : [],
  );

async function sample(name: string): Promise<number> {
  const answer = await server.fetch("/metrics", { headers: { authorization: `Bearer ${token}` } });
  const line = (await answer.text()).split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
const idOf = (answer: Response) => answer.headers.get("x-request-id");

/** Has who calls found so late, or not at all. */
function delay(milliseconds: number, error?: Error) {
  const { identify } = server.deps.identities;
  vi.spyOn(server.deps.identities, "identify").mockImplementationOnce(async (...asked) => {
    await sleep(milliseconds);
    if (error) throw error;
    return identify(...asked);
  });
}

test("a line for each call says what was answered, to whom not", async () => {
  const { cookie } = await server.member();
  const answer = await server.fetch("/trpc/sessions.list,no.such?batch=1&input=%7B%7D", {
    headers: { cookie },
  });
  expect(linesOf("info", "call", idOf(answer))).toEqual([
    expect.objectContaining({ procedure: "trpc", status: 404, reason: "unknown_procedure" }),
    { procedure: "sessions.list", status: 200, ms: expect.any(Number), requestId: idOf(answer) },
  ]);
});

test("without the setting there is none", async () => {
  const node = await startTestServer({ besides: server });
  const info = vi.spyOn(node.deps.log, "info");
  await node.fetch("/trpc/agents.list");
  expect(info.mock.calls.filter(([, text]) => text === "call")).toEqual([]);
  await node.stop();
});

test("a call that takes long is told of and counted", async () => {
  const name = 'muniment_slow_calls_total{procedure="agents.list"}';
  const before = await sample(name);
  delay(slowMilliseconds + 50);
  const answer = await server.fetch("/trpc/agents.list");
  const [line, ...others] = linesOf("warn", "slow call", idOf(answer));
  expect(others).toEqual([]);
  expect(line).toMatchObject({ procedure: "agents.list", status: 401, reason: "not_signed_in" });
  expect(line?.ms).toBeGreaterThan(slowMilliseconds);
  expect(await sample(name)).toBe(before + 1);
});

test("how long a caller takes to send is no part of that", async () => {
  const call = request(`${server.url}/trpc/auth.signIn`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": 2, origin: server.url },
  });
  const answered = new Promise<string | null>((resolve, reject) => {
    call.on("error", reject);
    call.on("response", (answer) => resolve(String(answer.resume().headers["x-request-id"])));
  });
  call.write("{");
  await sleep(3 * slowMilliseconds);
  call.end("}");
  const id = await answered;
  const [line] = linesOf("info", "call", id);
  expect(line?.sendingMs).toBeGreaterThan(slowMilliseconds);
  const ownMs = (line?.ms ?? 0) - (line?.sendingMs ?? 0);
  expect(ownMs).toBeGreaterThanOrEqual(0);
  // A machine may be as slow as that by itself.
  expect(linesOf("warn", "slow call", id)).toHaveLength(ownMs > slowMilliseconds ? 1 : 0);
});

test("an unexpected error is told of once, with its stack, and counted", async () => {
  const before = await sample("muniment_unexpected_errors_total");
  delay(0, new Error("out of order"));
  const answer = await server.fetch("/trpc/agents.list");
  expect(answer.status).toBe(500);
  const wrapped = expect.objectContaining({ message: "out of order" });
  expect(lines.error).toEqual([
    [{ err: wrapped, requestId: idOf(answer), procedure: "agents.list" }, "failed"],
  ]);
  expect(await sample("muniment_unexpected_errors_total")).toBe(before + 1);
});

test("so is one that ends a stream, of which its reader is told nothing", async () => {
  const before = await sample("muniment_unexpected_errors_total");
  const { cookie } = await server.member();
  const { follow } = server.deps.tails;
  const error = new Error("the inside of the server");
  vi.spyOn(server.deps.tails, "follow").mockImplementation((userId) => ({
    ...follow(userId),
    read: () => Promise.reject(error),
  }));
  const tail = await listen(server, { cookie });
  await expect(tail.done).rejects.toThrow(/^(?!.*inside of the server)/);
  await expect.poll(() => lines.error).toHaveLength(1);
  const requestId = idOf(tail.response);
  expect(lines.error[0]).toEqual([{ err: error, requestId, procedure: "events.tail" }, "failed"]);
  expect(await sample("muniment_unexpected_errors_total")).toBe(before + 1);
});

test("refusals are told of without who it was, and many at once are few lines", async () => {
  const signIn = (email: string) =>
    server.anonymous().mutate("auth.signIn", { email, password: "not this one" });
  await Promise.all(Array.from({ length: 4 }, (_, at) => signIn(`nobody-${at}@example.org`)));
  const refused = lines.warn.filter(([, text]) => text === "refused");
  expect(refused).toEqual([
    [
      { procedure: "auth.signIn", reason: "invalid_credentials", requestId: expect.any(String) },
      "refused",
    ],
  ]);
});

test("an alert is told of", async () => {
  await server.deps.database.transaction({}, (tx) =>
    raiseAlert(tx, "account_locked", { userId: null, key: "x", details: {}, now: new Date() }),
  );
  const told = () => lines.warn.filter(([, text]) => text === "alert raised");
  await expect.poll(told).toHaveLength(1);
  expect(told()[0]?.[0]).toMatchObject({ alert: "account_locked", id: expect.any(String) });
});
