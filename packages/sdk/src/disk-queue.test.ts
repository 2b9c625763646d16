import { writeFileSync } from "node:fs";
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { openDiskQueue } from "./disk-queue.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "muniment-queue-"));
});
afterEach(() => rm(directory, { recursive: true }));

const event = (seq: number) => ({ json: JSON.stringify({ type: "ä", seq }) });
const open = (options: object = {}) => openDiskQueue({ directory, ...options });
const seqs = (events: { json: string }[]) => events.map(({ json }) => JSON.parse(json).seq);
const segments = async () =>
  (await readdir(directory)).filter((file) => file.endsWith(".events")).sort();

/** A queue of the events 0 to 9 as a crashed process leaves it. */
async function leaveTen(): Promise<void> {
  const queue = await open();
  for (let seq = 0; seq < 10; seq += 1) queue.push(event(seq));
  await queue.stored();
  const crashed = `${directory}-crashed`;
  await cp(directory, crashed, { recursive: true });
  await queue.close();
  await rm(directory, { recursive: true });
  await rename(crashed, directory);
  // The process that held it is gone.
  await writeFile(join(directory, "lock"), "999999999 1");
}

test("what was stored is there again after a crash, in order, without what was answered for", async () => {
  await leaveTen();
  const queue = await open();
  expect(queue.size()).toBe(10);
  expect(seqs(await queue.peek(3, 1e6))).toEqual([0, 1, 2]);
  expect(seqs(await queue.peek(3, 1e6))).toEqual([0, 1, 2]);
  await queue.remove(3);
  queue.push(event(10));
  expect(seqs(await queue.peek(100, 1e6))).toEqual([3, 4, 5, 6, 7, 8, 9]);
  await queue.close();
  const next = await open();
  expect(next.size()).toBe(8);
  expect(next.lastSeq()).toBe(10);
  const first = await next.peek(100, 1e6);
  await next.remove(first.length);
  const rest = await next.peek(100, 1e6);
  expect([...seqs(first), ...seqs(rest)]).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  await next.remove(rest.length);
  expect(await next.peek(100, 1e6)).toEqual([]);
  await next.close();
});

test("files go when all of them was answered for, and numbers go on all the same", async () => {
  const queue = await open({ segmentBytes: 100 });
  for (let seq = 0; seq < 30; seq += 1) {
    queue.push(event(seq));
    await queue.stored();
  }
  expect((await segments()).length).toBeGreaterThan(5);
  for (let left = 30; left > 0; ) {
    const batch = await queue.peek(7, 1e6);
    expect(batch.length).toBeGreaterThan(0);
    await queue.remove(batch.length);
    left -= batch.length;
  }
  await queue.close();
  expect(await segments()).toHaveLength(1);
  const next = await open();
  expect([next.size(), next.lastSeq()]).toEqual([0, 29]);
  await next.close();
});

test.each([
  [
    "cut in its last record",
    async (path: string) => truncate(path, (await readFile(path)).length - 5),
    9,
  ],
  ["ended by half a record", (path: string) => appendFile(path, '00000000 {"type'), 10],
  [
    "ended by zeros, as some file systems do",
    (path: string) => appendFile(path, Buffer.alloc(99)),
    10,
  ],
  [
    "changed in one byte",
    async (path: string) => {
      const bytes = await readFile(path);
      bytes[20] = 0x21;
      await writeFile(path, bytes);
    },
    9,
  ],
])("a file that is %s loses that record and no other", async (_, damage, left) => {
  await leaveTen();
  const [file = ""] = await segments();
  await damage(join(directory, file));
  const problems: string[] = [];
  const queue = await open({ onProblem: (problem: string) => problems.push(problem) });
  expect(problems).toEqual([expect.stringContaining("Lines of it that are left out: 1.")]);
  expect(queue.size()).toBe(left);
  queue.push(event(10));
  await queue.stored();
  const first = await queue.peek(100, 1e6);
  await queue.remove(first.length);
  const read = [...first, ...(await queue.peek(100, 1e6))];
  expect(read).toHaveLength(left + 1);
  expect(seqs(read).at(-1)).toBe(10);
  await queue.close();
});

test.each(["", "{}", '{"segment":1}', "no JSON"])("a lost place (%j) begins anew", async (text) => {
  await leaveTen();
  await writeFile(join(directory, "cursor.json"), text);
  const queue = await open();
  expect(seqs(await queue.peek(100, 1e6))).toHaveLength(10);
  await queue.close();
});

test("it takes no more than its bound", async () => {
  const queue = await open({ maxBytes: 200 });
  const taken = Array.from({ length: 10 }, (_, seq) => queue.push(event(seq)).taken);
  expect(taken.filter(Boolean).length).toBeLessThan(8);
  expect(taken.indexOf(false)).toBe(taken.filter(Boolean).length);
  await queue.close();
});

test("one process at a time uses it, and the next may when that one is gone", async () => {
  const queue = await open();
  await expect(open()).rejects.toThrow(`in use by process ${process.pid}`);
  await queue.close();
  await (await open()).close();
  // Its id now belongs to a process that began later.
  await writeFile(join(directory, "lock"), `${process.pid} 1`);
  await (await open()).close();
});

test("records larger than what is read at once are whole", async () => {
  const queue = await open();
  const large = { json: JSON.stringify({ type: "a", message: "x".repeat(3_000_000) }) };
  queue.push(large);
  queue.push(event(1));
  await queue.stored();
  expect((await queue.peek(1, 1e6)).map(({ json }) => json === large.json)).toEqual([true]);
  await queue.close();
});

test("of many that find the lock of a process that is gone, one takes it over", async () => {
  // From one turn to thirty apart, so that they meet at every step.
  const startLate = async (turns: number) => {
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    return open();
  };
  for (const stale of ["999999999 1", "", "999999998 2", "999999997 3", "999999996 4"]) {
    await writeFile(join(directory, "lock"), stale);
    const all = await Promise.allSettled(Array.from({ length: 30 }, (_, at) => startLate(at)));
    const opened = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(opened).toHaveLength(1);
    await opened[0]?.close();
    expect((await readdir(directory)).filter((name) => name.startsWith("lock"))).toEqual([]);
  }
});

test("a lock is not taken over while its holder writes it", async () => {
  const lock = join(directory, "lock");
  await writeFile(lock, "");
  const second = open();
  second.catch(() => {});
  await sleep(100);
  // At once, as who waits may look in the same turn.
  writeFileSync(lock, `${process.pid}`);
  await expect(second).rejects.toThrow(`in use by process ${process.pid}`);
});

test("what a process left that was killed while it took the lock goes with the next", async () => {
  await writeFile(join(directory, "lock-killed"), "999999999 1");
  await writeFile(join(directory, "lock-alive"), `${process.pid}`);
  const queue = await open();
  expect((await readdir(directory)).sort()).toEqual(["lock", "lock-alive"]);
  await queue.close();
});

test("a folder that could not be opened is free for the next try", async () => {
  const obstacle = join(directory, "0000000001.events");
  await mkdir(join(obstacle, "not-a-file"), { recursive: true });
  await expect(open()).rejects.toThrow("EISDIR");
  await rm(obstacle, { recursive: true });
  await (await open()).close();
});

test("a file that is cut short while it is read costs what was in it, and nothing stops", async () => {
  const problems: string[] = [];
  const queue = await open({ onProblem: (problem: string) => problems.push(problem) });
  queue.push(event(0));
  await queue.stored();
  const [file = ""] = await segments();
  await truncate(join(directory, file), 5);
  expect(await queue.peek(100, 1e6)).toEqual([]);
  expect(queue.size()).toBe(0);
  expect(problems).toEqual([expect.stringContaining("was cut short")]);
  await queue.close();
});

/** What an attempt to write waits for, which the test makes fail or last. */
async function holdDisk() {
  const handle = await openFile(directory);
  const spy = vi.spyOn(Object.getPrototypeOf(handle), "datasync");
  onTestFinished(() => spy.mockRestore());
  await handle.close();
  return spy;
}

test("what is sent from memory stays the next while the disk takes it", async () => {
  const disk = (await holdDisk()).mockRejectedValueOnce(new Error("ENOSPC"));
  const queue = await open();
  for (let seq = 0; seq < 5; seq += 1) queue.push(event(seq));
  await expect(queue.stored()).rejects.toThrow("ENOSPC");
  expect(seqs(await queue.peek(100, 1e6))).toEqual([0, 1, 2, 3, 4]);
  let makeRoom = () => {};
  disk.mockReturnValueOnce(new Promise<void>((resolve) => (makeRoom = resolve)));
  await expect.poll(() => disk.mock.calls.length).toBe(2);
  const again = queue.peek(100, 1e6);
  makeRoom();
  expect(seqs(await again)).toEqual([0, 1, 2, 3, 4]);
  expect(queue.size()).toBe(5);
  await queue.remove(5);
  queue.push(event(5));
  expect(seqs(await queue.peek(100, 1e6))).toEqual([5]);
  expect(queue.size()).toBe(1);
  await queue.close();
});

test("numbers that were sent from memory are not given again after a crash", async () => {
  (await holdDisk()).mockRejectedValue(new Error("ENOSPC"));
  const queue = await open();
  for (let seq = 0; seq < 5; seq += 1) queue.push(event(seq));
  await expect(queue.stored()).rejects.toThrow("ENOSPC");
  expect(await queue.peek(100, 1e6)).toHaveLength(5);
  const crashed = join(directory, "crashed");
  await cp(join(directory, "cursor.json"), join(crashed, "cursor.json"));
  await queue.close();
  const next = await openDiskQueue({ directory: crashed });
  expect([next.size(), next.lastSeq()]).toEqual([0, 4]);
  await next.close();
});

test("the end tries once more to write what the disk has not taken", async () => {
  (await holdDisk()).mockRejectedValueOnce(new Error("ENOSPC"));
  const problems: string[] = [];
  const queue = await open({ onProblem: (problem: string) => problems.push(problem) });
  queue.push(event(0));
  await expect(queue.stored()).rejects.toThrow("ENOSPC");
  await queue.close();
  expect(problems).toEqual([expect.stringContaining("cannot be written: ENOSPC")]);
  const next = await open();
  expect(seqs(await next.peek(100, 1e6))).toEqual([0]);
  await next.close();
});
