import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { key, startIngestServer } from "./ingest-server.ts";

// A process of its own takes a while to start on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const samplePath = "../../../packages/log-formats/samples/sshd-sample.log";
const sample = readFileSync(new URL(samplePath, import.meta.url));

function start(argv: string[], url = "") {
  const env = { PATH: process.env.PATH, MUNIMENT_URL: url, MUNIMENT_API_KEY: key };
  const child = spawn(process.execPath, ["--import", "tsx", main, ...argv], { env });
  const outcome = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { child, outcome };
}

test("as a process it reads the standard input, reports, ends and leaves its exit code", async () => {
  await using server = await startIngestServer();
  const { child, outcome } = start(["send", "--format", "sshd", "--json", "-"], server.url);
  child.stdin.end(sample);
  const [stdout, stderr, [exitCode]] = await outcome;
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ file: "-", accepted: server.stored.size });
});

test("an unknown command leaves exit code 2", async () => {
  const [, stderr, [exitCode]] = await start(["nonsense"]).outcome;
  expect(exitCode).toBe(2);
  expect(stderr).toContain('There is no command "nonsense".');
});

test("Ctrl-C while the input is open ends it with an account", async () => {
  await using server = await startIngestServer();
  const { child, outcome } = start(["send", "--format", "sshd", "--json", "-"], server.url);
  child.stdin.write(sample);
  await expect.poll(() => server.stored.size).toBeGreaterThan(0);
  child.kill("SIGINT");
  const [stdout, , [exitCode]] = await outcome;
  const report = JSON.parse(stdout);
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ problem: "Interrupted.", sent: server.stored.size });
  expect(report.sent + report.notSent).toBe(report.lines);
});

// Linux has a file that is a full disk.
test.runIf(process.platform === "linux")(
  "an output that cannot be written is told in a line, with exit code 1",
  async () => {
    const stdio = ["ignore", openSync("/dev/full", "w"), "pipe"] as const;
    const child = spawn(process.execPath, ["--import", "tsx", main, "--help"], {
      stdio: [...stdio],
    });
    if (!child.stderr) throw new Error("no pipe");
    const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^muniment: the standard output cannot be written: ENOSPC.*\n$/);
  },
);
