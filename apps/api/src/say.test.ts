import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const say = fileURLToPath(new URL("say.ts", import.meta.url));
const program = `
  import { createSay } from ${JSON.stringify(say)};
  const say = createSay(process.stdout, process.stderr);
  process.stdin.once("data", () => {
    say("a link");
    setTimeout(() => {
      say("ready");
      process.stdin.destroy();
    }, 50);
  });`;

const start = (out: "pipe" | number) =>
  spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program],
    { stdio: ["pipe", out, "pipe"] },
  );

async function endOf(child: ReturnType<typeof start>) {
  child.stdin?.end("go\n");
  if (!child.stderr) throw new Error("no pipe");
  const [told, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  return { told, code };
}

test("what is said goes to the other output where the reader of the first is gone", async () => {
  const child = start("pipe");
  child.stdout?.destroy();
  expect(await endOf(child)).toEqual({ told: "a link\nready\n", code: 0 });
});

// Linux has a file that is a full disk.
test.runIf(process.platform === "linux")("or where its disk is full", async () => {
  const child = start(openSync("/dev/full", "w"));
  expect(await endOf(child)).toEqual({ told: "a link\nready\n", code: 0 });
});
