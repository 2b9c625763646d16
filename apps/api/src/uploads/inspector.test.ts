import { afterEach, expect, test } from "vitest";
import { createInspector, type Inspector } from "./inspector.ts";

let inspector: Inspector | undefined;
afterEach(() => inspector?.stop());

const question = { bytes: Buffer.from("text"), extension: null };
const ready =
  'const { parentPort } = require("node:worker_threads"); parentPort.postMessage("ready");';

test("files are judged one after another, and what they were is left alone", async () => {
  inspector = createInspector();
  const bytes = Buffer.from("text");
  const answers = await Promise.all(
    ["txt", "csv", null].map((extension) => inspector?.inspect({ bytes, extension })),
  );
  expect(answers.map((answer) => answer?.type)).toEqual(["text/plain", "text/csv", "text/plain"]);
  expect(bytes.toString()).toBe("text");
  const refused = inspector.inspect({ bytes: Buffer.from("PK\u0003\u0004"), extension: null });
  await expect(refused).rejects.toMatchObject({ reason: "file_type_not_allowed" });
});

test.each([
  ["never ends", "for (;;);"],
  ["breaks", "throw new Error('broken');"],
  ["ends its thread", "process.exit(1);"],
  ["fills its memory", "const all = []; for (;;) all.push(new Array(1e5).fill({}));"],
])("a file whose examination %s is refused, and the next is examined", async (_, act) => {
  const once = `${ready} parentPort.on("message", ({ extension }) => {
    parentPort.postMessage("begun");
    if (extension === "bad") { ${act} }
    parentPort.postMessage({ ok: true, type: "text/plain", bytes: new Uint8Array() });
  });`;
  inspector = createInspector({ code: once });
  const bad = inspector.inspect({ ...question, extension: "bad" });
  const next = inspector.inspect(question);
  await expect(bad).rejects.toMatchObject({ reason: "file_refused" });
  expect(await next).toMatchObject({ type: "text/plain" });
});

test("a worker that ends before it begins says nothing about the file, and the next gets another", async () => {
  const code = `${ready} parentPort.on("message", ({ extension }) => {
    if (extension === "unlucky") process.exit(1);
    parentPort.postMessage("begun");
    parentPort.postMessage({ ok: true, type: "text/plain", bytes: new Uint8Array() });
  });`;
  inspector = createInspector({ code });
  const unlucky = inspector.inspect({ ...question, extension: "unlucky" });
  await expect(unlucky).rejects.toMatchObject({ reason: "overloaded" });
  expect(await inspector.inspect(question)).toMatchObject({ type: "text/plain" });
});

test("a worker that ends after its verdict is not asked again", async () => {
  const code = `${ready} parentPort.on("message", () => {
    parentPort.postMessage("begun");
    parentPort.postMessage({ ok: true, type: "text/plain", bytes: new Uint8Array() });
    setImmediate(() => process.exit(1));
  });`;
  inspector = createInspector({ code });
  for (let times = 0; times < 3; times += 1) {
    const answer = inspector.inspect(question).catch(({ reason }) => reason);
    expect([{ type: "text/plain", bytes: new Uint8Array() }, "overloaded"]).toContainEqual(
      await answer,
    );
  }
});

test("a large JSON file is examined whose values would not fit into the memory for it", async () => {
  inspector = createInspector();
  const bytes = Buffer.from(`[${"{},".repeat(1_700_000)}{}]`);
  const examined = await inspector.inspect({ bytes, extension: "json" });
  expect(examined.type).toBe("application/json");
});
