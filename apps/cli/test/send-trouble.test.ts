import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { startIngestServer } from "./ingest-server.ts";
import { jsonLines, sample, sampleLines, send, sendForText, sendLines } from "./send.ts";

test("a server in trouble is tried again with the same ids", async () => {
  await using server = await startIngestServer((index) =>
    index < 3 ? { status: [503, 502, 504][index] ?? 0 } : undefined,
  );
  const { exitCode, report } = await sendLines(server, jsonLines(5));
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ sent: 5, accepted: 5, batches: 1, retries: 3 });
  expect(server.calls).toHaveLength(4);
  for (const ids of server.calls) expect(ids).toEqual(server.calls[0]);
});

test("a limit is waited for as long as the server asks", async () => {
  await using server = await startIngestServer((index) =>
    index === 0 ? { status: 429, headers: { "retry-after": "1" } } : undefined,
  );
  const start = performance.now();
  const { exitCode, report, stderr } = await sendLines(server, jsonLines(1));
  expect(performance.now() - start).toBeGreaterThanOrEqual(1000);
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ accepted: 1, retries: 1 });
  expect(stderr).toContain("429 test: As the test wants. Next attempt in 1.");
});

test("what was stored before the connection broke counts as duplicates, and exists once", async () => {
  await using server = await startIngestServer(
    (index) => ["store, then reset" as const, "reset" as const][index],
  );
  const { exitCode, report } = await sendLines(server, jsonLines(10));
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ sent: 10, accepted: 0, duplicates: 10, retries: 2, addsUp: true });
  expect(server.stored.size).toBe(10);
});

test("a batch that is too large goes in halves, and one event that is too large is rejected", async () => {
  await using server = await startIngestServer((_, events) => {
    const big = events.some(({ type }) => type === "big");
    return big || events.length > 3 ? { status: 413 } : undefined;
  });
  const log = `${jsonLines(7)}{"type":"big"}\n${jsonLines(10)}`;
  const { exitCode, report } = await sendLines(server, log);
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ lines: 18, sent: 18, accepted: 17, rejected: 1, addsUp: true });
  expect(report.rejections).toMatchObject([{ line: 8, reason: "test" }]);
});

test("a redirect is not followed, but says where the server is", async () => {
  const location = "http://127.0.0.1:3000/";
  await using server = await startIngestServer(() => ({ status: 307, headers: { location } }));
  const { exitCode, report } = await send(server, [sample]);
  expect(exitCode).toBe(3);
  expect(report.problem).toContain(`the server is at ${location};`);
});

test("an answer that does not account for every event fails the run", async () => {
  await using server = await startIngestServer(() => ({
    status: 200,
    body: { accepted: 3, duplicates: 0, rejected: [] },
  }));
  const { exitCode, report } = await sendLines(server, jsonLines(4));
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ sent: 4, accepted: 3, addsUp: false });
  const { stdout } = await sendForText(server, ["-"], { format: "jsonl", stdin: jsonLines(4) });
  expect(stdout).toContain("sent 4 is NOT accepted 3 + duplicates 0 + rejected 0\n");
});

test("a wrong key ends the run at once", async () => {
  await using server = await startIngestServer();
  const { exitCode, report } = await send(server, ["--key", "mnt_wrong", "--batch", "1", sample]);
  expect(exitCode).toBe(3);
  expect(report).toMatchObject({ sent: 0, retries: 0 });
  expect(report.problem).toBe("401 invalid_api_key: As the test wants.");
  expect(report.notSent).toBeGreaterThan(0);
});

test.each([403, 400, 500])("%i ends the run after the calls under way", async (status) => {
  await using server = await startIngestServer((index) => (index === 3 ? { status } : undefined));
  const { exitCode, report } = await send(server, ["--batch", "5", sample]);
  expect(exitCode).toBe(3);
  expect(server.calls.length).toBeLessThanOrEqual(8);
  expect(report.sent).toBe(server.stored.size);
  expect(report).toMatchObject({ accepted: report.sent, addsUp: true });
});

test("a server that cannot be reached is given up, within the time allowed", async () => {
  const gone = { url: `http://127.0.0.1:${await freePort()}` };
  const { exitCode, report } = await send(gone, ["--retry-for", "1", sample]);
  expect(exitCode).toBe(3);
  expect(report.problem).toMatch(/ECONNREFUSED.*Given up after \d attempts/);
  expect(report).toMatchObject({ sent: 0, notSent: sampleLines });
  expect(report.seconds).toBeLessThan(10);
});

test("a wait longer than the time allowed is not begun", async () => {
  await using server = await startIngestServer(() => ({
    status: 429,
    headers: { "retry-after": "900" },
  }));
  const { exitCode, report } = await send(server, ["--retry-for", "60", sample]);
  expect(exitCode).toBe(3);
  expect(report.seconds).toBeLessThan(10);
});

test("an interruption finishes the calls under way and says what was not sent", async () => {
  const interruption = new AbortController();
  await using server = await startIngestServer(async (index) => {
    if (index === 2) interruption.abort();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return undefined;
  });
  const { signal } = interruption;
  const { exitCode, report } = await send(server, ["--batch", "10", sample], { signal });
  expect(exitCode).toBe(1);
  expect(report.problem).toBe("Interrupted.");
  expect(report.sent).toBe(server.stored.size);
  expect(report.sent).toBe(server.calls.flat().length);
  expect(report.sent).toBeLessThanOrEqual(60);
  expect(report.notSent).toBeGreaterThan(0);
});

test("an interruption ends a wait, and a read that would never end", async () => {
  const waits = new AbortController();
  const batches = new Set<string | undefined>();
  await using server = await startIngestServer((_, events) => {
    batches.add(events[0]?.id);
    // All was read by then, and each batch has met the trouble.
    if (batches.size === sampleLines / 100) setTimeout(() => waits.abort(), 300);
    return { status: 503, headers: { "retry-after": "30" } };
  });
  const waiting = await send(server, [sample], { signal: waits.signal });
  expect(waiting).toMatchObject({ exitCode: 1, report: { sent: 0, notSent: sampleLines } });
  expect(waiting.report.seconds).toBeLessThan(30);
  const reads = new AbortController();
  const endless = new Readable({ read: () => void setTimeout(() => reads.abort(), 300) });
  endless.push("Mar  3 05:14:21 bastion sshd[1]: a\n");
  const reading = await send(server, ["-"], { signal: reads.signal, stdin: endless });
  expect(reading).toMatchObject({ exitCode: 1, report: { sent: 0, notSent: 1 } });
  const before = await send(server, [sample], { signal: AbortSignal.abort() });
  expect(before).toMatchObject({ exitCode: 1, report: { sent: 0 } });
});
