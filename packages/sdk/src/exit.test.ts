import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startFakeServer } from "./fake-server.fixture.ts";

const client = fileURLToPath(new URL("client.ts", import.meta.url));
const exit = fileURLToPath(new URL("exit.ts", import.meta.url));

/** A process that queues one event and then does what `rest` says. */
function startProcess(url: string, rest: string) {
  const program = `
    import { createMuniment } from ${JSON.stringify(client)};
    import { flushOnExit } from ${JSON.stringify(exit)};
    const muniment = createMuniment({ url: "${url}", key: "mnt_test", waitMilliseconds: 60_000 });
    flushOnExit(muniment);
    muniment.send({ type: "last.words" });
    ${rest}`;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

test("what waits is sent when the process has nothing left to do", async () => {
  await using server = await startFakeServer();
  const [code] = await once(startProcess(server.url, ""), "exit");
  expect([code, server.stored.size]).toEqual([0, 1]);
});

test("what waits is sent at SIGTERM, which then ends the process as ever", async () => {
  await using server = await startFakeServer();
  const child = startProcess(server.url, 'setInterval(() => {}, 1000); console.log("ready");');
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  const [code, signal] = await once(child, "exit");
  expect([code, signal, server.stored.size]).toEqual([null, "SIGTERM", 1]);
});
