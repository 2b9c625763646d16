import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fillDisk, openSmallDisk, type SmallDisk } from "../../../apps/api/test/small-disk.ts";
import { createMuniment } from "../src/client.ts";
import { openDiskQueue } from "../src/disk-queue.ts";
import { startFakeServer } from "../src/fake-server.fixture.ts";

// Only root can mount a small disk, and not in every container: vitest.config.ts leaves this out elsewhere.
describe("a queue whose disk is full", () => {
  let place: string;
  let disk: SmallDisk;
  let directory: string;
  let isAway: boolean;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "muniment-disk-"));
    disk = await openSmallDisk(place, 262_144);
    directory = join(disk.pathOf(place), "queue");
    isAway = false;
  });
  afterEach(async () => {
    disk.close();
    await rm(place, { recursive: true });
  });

  /** A client that has stored 10 events on the disk, which is full then, and has taken 300 more. */
  async function startOnFullDisk() {
    const server = await startFakeServer(() => (isAway ? { status: 503 } : undefined));
    const problems: string[] = [];
    const muniment = createMuniment({
      url: server.url,
      key: "mnt_test",
      queue: await openDiskQueue({ directory }),
      waitMilliseconds: 10,
      onProblem: (problem) => problems.push(problem),
    });
    const send = (count: number) => {
      for (let n = 0; n < count; n += 1) muniment.send({ type: "a", message: "x".repeat(300) });
    };
    send(10);
    await muniment.stored();
    const makeRoom = await fillDisk(join(disk.pathOf(place), "filler"), 0);
    send(300);
    await expect(muniment.stored()).rejects.toThrow("ENOSPC");
    return { server, muniment, problems, makeRoom };
  }

  const files = async () => (await readdir(directory)).sort();

  test("is emptied from memory while the server answers, and says what is wrong", async () => {
    const { server, muniment, problems, makeRoom } = await startOnFullDisk();
    await using _ = server;
    expect(await muniment.flush()).toBe(true);
    expect(server.stored.size).toBe(310);
    expect(problems).toContainEqual(expect.stringMatching(/queue.*cannot be written: ENOSPC/));
    await makeRoom();
    expect(await muniment.close()).toBe(true);
    expect(muniment.stats()).toMatchObject({ waiting: 0, sent: 310, accepted: 310, dropped: 0 });
  });

  test("keeps in memory what it took, leaves no files of its attempts, and goes on when there is room", async () => {
    isAway = true;
    const { server, muniment, problems, makeRoom } = await startOnFullDisk();
    await using _ = server;
    const before = await files();
    const attempts = () => problems.filter((problem) => problem.includes("cannot be written"));
    await expect.poll(() => attempts().length).toBeGreaterThan(2);
    expect((await files()).length).toBeLessThanOrEqual(before.length + 1);
    expect(muniment.stats()).toMatchObject({ waiting: 310, dropped: 0 });
    await makeRoom();
    await expect.poll(() => muniment.stored().catch(String)).toBeUndefined();
    isAway = false;
    expect(await muniment.close()).toBe(true);
    expect(server.stored.size).toBe(310);
    expect(muniment.stats()).toMatchObject({ waiting: 0, sent: 310, accepted: 310 });
  });

  test("ends all the same, says what is lost, and lets the next run send what it had stored", async () => {
    isAway = true;
    const { server, muniment, problems, makeRoom } = await startOnFullDisk();
    await using _ = server;
    expect(await muniment.close(100)).toBe(false);
    const told = problems.map((problem) => /^Events lost.*: (\d+)\.$/.exec(problem)?.[1]);
    const lost = Number(told.find(Boolean));
    expect(lost).toBeGreaterThan(250);
    isAway = false;
    const next = createMuniment({
      url: server.url,
      key: "mnt_test",
      queue: await openDiskQueue({ directory }),
    });
    expect(await next.close()).toBe(true);
    expect(server.stored.size).toBe(310 - lost);
    await makeRoom();
  });
});
