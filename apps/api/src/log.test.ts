import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { expect, test } from "vitest";
import { describeError } from "./log.ts";

test("an error is its first cause, where the statement is not repeated", () => {
  const cause = new RangeError("out of range");
  const error = new Error("Failed query: select secret", { cause });
  expect(describeError(error)).toEqual({
    type: "RangeError",
    message: "out of range",
    stack: expect.stringContaining("log.test.ts"),
  });
});

test("addresses of mail are taken out of what others say", () => {
  const said = "550 5.1.1 <jane.o'hara+x@mail.example.org>: unknown, 'bob@example.com'";
  const { message, stack } = describeError(new Error(said));
  expect(message).toBe("550 5.1.1 <(address)>: unknown, (address)'");
  expect(stack).not.toMatch(/jane|bob/);
});

test("a path with a version stays", () => {
  const path = "at /app/node_modules/.pnpm/@vitest+runner@4.1.12/index.js:1:2";
  expect(describeError(new Error(path)).message).toBe(path);
});

test("a long text takes no time", () => {
  const text = `${"a.".repeat(200_000)}@`;
  expect(describeError(new Error(text)).message).toBe(text);
});

test.skipIf(!existsSync("/dev/full"))(
  "a full disk that the log goes to does not end the process, nor keep it from its end",
  async () => {
    const program = `
    import { setTimeout as sleep } from "node:timers/promises";
    import { createLog } from ${JSON.stringify(import.meta.resolve("./log.ts"))};
    const log = createLog("info");
    for (let line = 0; line < 20; line += 1) {
      log.info({ line }, "told");
      await sleep(5);
    }
    process.stderr.write("went on");
    process.exit(0);
  `;
    const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program];
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", full, "pipe"],
      // A process of its own takes a while to start on a busy machine.
      timeout: 50_000,
      killSignal: "SIGKILL",
    });
    const [stderr, ending] = await Promise.all([
      child.stderr && readAll(child.stderr),
      once(child, "exit"),
    ]);
    expect([stderr, ending]).toEqual(["went on", [0, null]]);
  },
);
