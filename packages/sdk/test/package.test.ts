import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { SentEvent } from "@muniment/shared/sent-event.ts";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import type { MunimentEvent } from "../src/client.ts";
import { startFakeServer } from "../src/fake-server.fixture.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
const tsc = join(typescript, "../bin/tsc");

/** A folder in which the package is installed as it would be published. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "muniment-package-"));
  const installed = join(folder, "node_modules/@muniment/sdk");
  await mkdir(installed, { recursive: true });
  const outDir = join(installed, "dist");
  await run(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", outDir]);
  const published = { ...manifest, ...manifest.publishConfig, publishConfig: undefined };
  await writeFile(join(installed, "package.json"), JSON.stringify(published));
  await mkdir(join(folder, "node_modules/@types"));
  await symlink(
    fileURLToPath(new URL("../../../node_modules/@types/node", import.meta.url)),
    join(folder, "node_modules/@types/node"),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const program = `
import { createMuniment, type MunimentEvent } from "@muniment/sdk";
import { browserOptions } from "@muniment/sdk/browser";
import { openDiskQueue } from "@muniment/sdk/disk-queue";
import { flushOnExit } from "@muniment/sdk/exit";
import { createIdMaker } from "@muniment/sdk/uuid7";

const event: MunimentEvent = { type: "a", props: { at: 1 } };
const muniment = createMuniment({ url: "http://127.0.0.1:9", key: "mnt_x", ...browserOptions });
flushOnExit(muniment, { signals: [] })();
const id: string | null = muniment.send(event);
// @ts-expect-error: a type is needed
muniment.send({ message: "x" });
console.log(typeof id, typeof openDiskQueue, typeof createIdMaker(), muniment.stats().waiting);
`;

test("the published package is plain JavaScript with types, and needs nothing", async () => {
  expect(manifest.dependencies).toBeUndefined();
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await writeFile(join(folder, "program.ts"), program);
  const options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"];
  await run(process.execPath, [tsc, ...options, "program.ts"], { cwd: folder });
  const { stdout } = await run(process.execPath, ["program.js"], { cwd: folder });
  expect(stdout).toBe("string function function 2\n");
});

test("what is for every runtime names nothing of Node.js", async () => {
  const core = ["client", "deliver", "post", "answer", "memory-queue", "queue", "uuid7", "browser"];
  for (const name of core) {
    const source = await readFile(join(root, `src/${name}.ts`), "utf8");
    expect([name, /"node:|\bBuffer\.[a-z]|\bprocess\.[a-z]/.test(source)]).toEqual([name, false]);
  }
});

/** Runs what is published for every runtime where there is nothing but the web's globals it is said to need. */
const bareRuntime = `
import { readFile } from "node:fs/promises";
import { createContext, SourceTextModule } from "node:vm";

const [dist, url] = process.argv.slice(2);
const globals = { fetch, URL, AbortController, DOMException, crypto, setTimeout, clearTimeout };
const context = createContext({ ...globals, tell: (text) => console.log(text), server: url });
const modules = new Map();

async function load(name) {
  if (!/^\\.\\/[a-z0-9-]+\\.js$/.test(name)) throw new Error("imports " + name);
  if (!modules.has(name)) {
    modules.set(name, new SourceTextModule(await readFile(dist + name.slice(1), "utf8"), { context }));
  }
  return modules.get(name);
}

const program = new SourceTextModule(\`
  import { createMuniment } from "./client.js";
  import { browserOptions, flushOnHide } from "./browser.js";
  const muniment = createMuniment({ url: server, key: "mnt_x", ...browserOptions });
  const page = { visibilityState: "hidden", addEventListener() {}, removeEventListener() {} };
  flushOnHide(muniment, page)();
  muniment.send({ type: "a" });
  muniment.send({ type: "bad" });
  const closed = await muniment.close();
  const { accepted, rejected } = muniment.stats();
  tell([closed, accepted, rejected, typeof process, typeof Buffer].join());
\`, { context });
await program.link(load);
await program.evaluate();
`;

test("what is for every runtime sends with the web's globals alone", async () => {
  await using server = await startFakeServer();
  await writeFile(join(folder, "bare.mjs"), bareRuntime);
  const dist = join(folder, "node_modules/@muniment/sdk/dist");
  const flags = ["--experimental-vm-modules", "--no-warnings"];
  const { stdout } = await run(process.execPath, [...flags, "bare.mjs", dist, server.url], {
    cwd: folder,
  });
  expect(stdout).toBe("true,1,1,undefined,undefined\n");
  expect([...server.stored.values()]).toMatchObject([{ type: "a" }]);
});

test("its events are the server's", () => {
  expectTypeOf<SentEvent>().toExtend<MunimentEvent>();
  expectTypeOf<keyof MunimentEvent>().toEqualTypeOf<keyof SentEvent>();
});
