import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DataDirInUse } from "./errors.ts";
import { lockDirectory } from "./lock.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp("/tmp/lock-test-");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it("gives the directory to exactly one of many at the same instant, and to the next after release", async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 12 }, () => lockDirectory(directory)),
  );
  const held = attempts.filter((attempt) => attempt.status === "fulfilled");
  const refused = attempts.filter((attempt) => attempt.status === "rejected");
  expect(held).toHaveLength(1);
  expect(refused.every(({ reason }) => reason instanceof DataDirInUse)).toBe(true);
  expect(String(refused[0]?.reason)).toContain(
    `in use by process ${process.pid}. Stop that process first`,
  );

  await held[0]?.value();
  const release = await lockDirectory(directory);
  await release();
  expect(await readdir(join(directory, "lock"))).toEqual([]);
});

it("recovers a stale lock, even when its process id belongs to a living process again", async () => {
  await (await lockDirectory(directory))();
  const stale = join(directory, "lock", `${process.pid}-stale`);
  const dieListening =
    "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  expect(() => execFileSync(process.execPath, ["-e", dieListening, stale])).toThrow();
  expect(await readdir(join(directory, "lock"))).toEqual([`${process.pid}-stale`]);

  const release = await lockDirectory(directory);
  expect(await readdir(join(directory, "lock"))).not.toContain(`${process.pid}-stale`);
  await release();
});

it("locks a directory whose path is too long for a socket", async () => {
  const long = join(directory, "x".repeat(120));
  const release = await lockDirectory(long).catch(async (error: NodeJS.ErrnoException) => error);
  if (typeof release !== "function") throw release;
  await expect(lockDirectory(long)).rejects.toThrow(DataDirInUse);
  await release();
});
