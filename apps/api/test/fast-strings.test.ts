import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createApiProcess } from "./api-process.ts";
import { makeEvent } from "./events-sender.ts";

/** Notes every 50 ms, in the file of that name, whether the process has fast strings. */
const hook = `
  const { renameSync, writeFileSync } = require("node:fs");
  const { FAST_STRINGS: noted } = process.env;
  require("node:v8").setFlagsFromString("--allow-natives-syntax");
  const script = new (require("node:vm").Script)("%HasFastProperties(String.prototype)");
  const note = () => {
    writeFileSync(noted + ".new", String(script.runInThisContext()));
    renameSync(noted + ".new", noted);
  };
  setInterval(note, 50).unref();`;

test.each([
  ["with Redis", { REDIS_URL: "redis://127.0.0.1:1" }],
  ["without Redis, and with a collector", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }],
])("the built server keeps them fast %s", async (_, settings) => {
  const folder = await mkdtemp(join(tmpdir(), "muniment-strings-"));
  const [file, noted] = [join(folder, "hook.cjs"), join(folder, "noted")];
  await writeFile(file, hook);
  const running = await createApiProcess();
  try {
    await running.start({
      NODE_OPTIONS: `--require=${file}`,
      FAST_STRINGS: noted,
      ...settings,
    });
    const { key } = await running.setUp();
    const sent = await fetch(`${running.url}/api/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ events: [makeEvent()] }),
    });
    expect(sent.status).toBe(200);
    await rm(noted);
    const state = () => readFile(noted, "utf8");
    expect(await vi.waitFor(state, { interval: 20, timeout: 5000 })).toBe("true");
  } finally {
    await running.stop();
    await rm(folder, { recursive: true });
  }
});
