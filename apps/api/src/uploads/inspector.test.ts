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
    if (extension === "bad") { ${act} }
    parentPort.postMessage({ ok: true, type: "text/plain", bytes: new Uint8Array() });
  });`;
  inspector = createInspector({ code: once });
  const bad = inspector.inspect({ ...question, extension: "bad" });
  const next = inspector.inspect(question);
  await expect(bad).rejects.toMatchObject({ reason: "file_refused" });
  expect(await next).toMatchObject({ type: "text/plain" });
});
