import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { BroadcastChannel } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { createHashing, type Hashing } from "./hashing.ts";

const cost = { memoryCost: 8, timeCost: 1 };

let close = () => {};
afterEach(() => close());

/** Threads that answer a question, with the password itself, when they are told to; they tell what they have got. */
function openThreads() {
  const name = randomUUID();
  const script = {
    code: `
      const { BroadcastChannel, parentPort, threadId } = require("node:worker_threads");
      const channel = new BroadcastChannel("${name}").unref();
      const got = [];
      parentPort.on("message", ({ password }) => {
        if (password === "deadly") process.exit(1);
        got.push(password);
        channel.postMessage({ got: password, threadId });
      });
      channel.onmessage = ({ data: { answer } }) => {
        if (got[0] !== answer) return;
        parentPort.postMessage({ value: got.shift() });
        channel.postMessage({ answered: answer });
      };`,
  };
  const channel = new BroadcastChannel(name);
  const got = new Map<string, number>();
  const answered = new Set<string>();
  channel.onmessage = ({ data }: { data: unknown }) => {
    const told = data as { got?: string; threadId: number; answered?: string };
    if (told.got) got.set(told.got, told.threadId);
    if (told.answered) answered.add(told.answered);
  };
  close = () => channel.close();
  return {
    script,
    got,
    async answer(...passwords: string[]) {
      for (const password of passwords) {
        await expect.poll(() => got.has(password)).toBe(true);
        channel.postMessage({ answer: password });
        await expect.poll(() => answered.has(password)).toBe(true);
      }
    },
    threads: () => new Set(got.values()).size,
  };
}

/** Asks, and notes what is answered in the order in which it is. */
function asker(hashing: Hashing) {
  const answers: string[] = [];
  const ask = (...passwords: string[]) =>
    passwords.map((password) =>
      hashing.hash(password, cost).then((answer) => {
        answers.push(answer);
        return answer;
      }),
    );
  return { answers, ask };
}

test("hashes and verifies as argon2id says, and a hash that is none fails for who asks alone", async () => {
  const hashing = createHashing();
  const stored = await hashing.hash("one", cost);
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
  const asked = [
    hashing.verify(stored, "one"),
    hashing.verify("$argon2id$v=19$broken", "one"),
    hashing.verify(stored, "two"),
  ];
  expect(await Promise.allSettled(asked)).toMatchObject([
    { value: true },
    { reason: expect.any(Error) },
    { value: false },
  ]);
});

test("as many threads as are needed compute, each has the next question at once, and the rest waits in order", async () => {
  const { script, got, answer, threads } = openThreads();
  const { answers, ask } = asker(createHashing({ script, most: 2 }));
  void ask("1");
  await answer("1");
  await expect.poll(() => answers).toEqual(["1"]);
  void ask("2");
  await answer("2");
  expect(threads()).toBe(1);

  void ask("3", "4", "5", "6", "7", "8");
  await expect.poll(() => got.has("6")).toBe(true);
  expect(threads()).toBe(2);
  await sleep(50);
  expect([got.has("7"), got.has("8")]).toEqual([false, false]);
  await answer("3", "4", "5", "6", "7", "8");
  await expect.poll(() => answers).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
});

test("whoever would wait behind too many is refused, and whoever comes later is not", async () => {
  const { script, answer } = openThreads();
  const { answers, ask } = asker(createHashing({ script, most: 1, mostWaiting: 2 }));
  void ask("1", "2", "3", "4");
  const [refused] = ask("one more");
  await expect(refused).rejects.toMatchObject({ reason: "overloaded", retryAfterSeconds: 5 });
  await answer("1", "2");
  void ask("another");
  await answer("3", "4", "another");
  await expect.poll(() => answers).toEqual(["1", "2", "3", "4", "another"]);
});

test("while every thread is busy answers wait for each other, and go out when there are enough or one is free", async () => {
  const { script, answer } = openThreads();
  const together = { most: 3, milliseconds: 100_000 };
  const { answers, ask } = asker(createHashing({ script, most: 1, together }));
  void ask("1", "2", "3", "4", "5");
  await answer("1", "2");
  await sleep(50);
  expect(answers).toEqual([]);
  await answer("3");
  await expect.poll(() => answers).toEqual(["1", "2", "3"]);
  await answer("4");
  await sleep(50);
  expect(answers).toEqual(["1", "2", "3"]);
  await answer("5");
  await expect.poll(() => answers).toEqual(["1", "2", "3", "4", "5"]);
});

test("no answer waits for longer than it may", async () => {
  const { script, answer } = openThreads();
  const together = { most: 100, milliseconds: 20 };
  const { answers, ask } = asker(createHashing({ script, most: 1, together }));
  void ask("1", "2");
  await answer("1");
  await expect.poll(() => answers).toEqual(["1"]);
  await answer("2");
});

test("a thread that ends fails what it had, and another goes on", async () => {
  const { script, answer } = openThreads();
  const { ask } = asker(createHashing({ script, most: 1 }));
  const [lost, next, third] = ask("deadly", "behind it", "1");
  await expect(lost).rejects.toThrow("has ended");
  await expect(next).rejects.toThrow("has ended");
  await answer("1");
  expect(await third).toBe("1");
});

test("where no thread can be started who asks is told so, also the next; where one runs it does it all", async () => {
  const none = createHashing({ script: { path: "no absolute path" }, mostWaiting: 1 });
  for (let times = 0; times < 3; times += 1)
    await expect(none.hash("1", cost)).rejects.toMatchObject({ reason: "overloaded" });

  const { script, answer, threads } = openThreads();
  let started = 0;
  const one = {
    get code() {
      started += 1;
      if (started > 1) throw new Error("no more threads");
      return script.code;
    },
  };
  const { answers, ask } = asker(createHashing({ script: one, most: 2 }));
  void ask("1", "2", "3", "4");
  await answer("1", "2", "3", "4");
  await expect.poll(() => answers).toEqual(["1", "2", "3", "4"]);
  expect([threads(), started > 1]).toEqual([1, true]);
});

test("nothing waits behind a hash of another system", async () => {
  const { script, got, answer } = openThreads();
  const hashing = createHashing({ script, most: 2 });
  const { ask } = asker(hashing);
  const slow = hashing.verify("$2b$14$", "slow");
  const [quick, behind, last] = ask("quick", "behind", "last");
  await expect.poll(() => got.has("behind")).toBe(true);
  expect(got.get("behind")).toBe(got.get("quick"));
  await answer("quick", "behind", "last");
  expect(await Promise.all([quick, behind, last])).toEqual(["quick", "behind", "last"]);
  expect(got.get("last")).toBe(got.get("quick"));
  await answer("slow");
  expect(await slow).toBe("slow");
});

test("threads end that nobody needs, and start again", async () => {
  const { script, answer, threads } = openThreads();
  const { ask } = asker(createHashing({ script, most: 1, idle: 10 }));
  let at = 0;
  const askOnce = async () => {
    at += 1;
    const [asked] = ask(String(at));
    await answer(String(at));
    await asked;
    return threads();
  };
  await expect.poll(askOnce, { interval: 100 }).toBeGreaterThan(1);
});

test("a process waits for its answer, and for no thread", async () => {
  const module = JSON.stringify(new URL("./hashing.ts", import.meta.url).href);
  const code = `const { createHashing } = await import(${module});
    console.log(await createHashing({ idle: 1_000_000 }).hash("one", ${JSON.stringify(cost)}));`;
  const argv = ["--import", "tsx", "--input-type=module", "-e", code];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 50_000 });
  expect(stdout).toMatch(/^\$argon2id\$/);
});
