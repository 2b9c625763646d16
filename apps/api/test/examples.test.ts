import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  countErrors,
  createClient,
  reasonOf,
} from "../../../examples/typed-client/count-errors.ts";
import { makeSender, searchAll } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

const run = promisify(execFile);
const guide = new URL("../../../docs/developers.md", import.meta.url);
const programs = fencedPrograms(await readFile(guide, "utf8"));

/** The programs of a document by their language. */
function fencedPrograms(markdown: string): Map<string, string> {
  const found = markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  const byLanguage = new Map<string, string>();
  for (const [, language = "", program = ""] of found) {
    if (!byLanguage.has(language)) byLanguage.set(language, program);
  }
  return byLanguage;
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.admin();
});
afterAll(() => server.stop());

test("the example of the typed client runs as it stands", async () => {
  const { key } = await makeSender(server);
  const said: string[] = [];
  await countErrors(server.url, key, (line) => said.push(line));
  expect(said).toEqual([
    "accepted 1, refused 0",
    "1 errors, at most 1 an hour",
    expect.stringMatching(/^\S+Z example\.ran Only an example$/),
  ]);
});

test("the example tells refusals by their reason", async () => {
  const refused = createClient(server.url, "mnt_wrong").events.search.query({});
  expect(reasonOf(await refused.catch((error: unknown) => error))).toBe("invalid_api_key");
});

const hasPython = await run("python3", ["--version"]).then(
  () => true,
  () => false,
);

test.runIf(hasPython)("the Python program of the documentation runs as it stands", async () => {
  const { member, key } = await makeSender(server);
  const program = programs.get("python") ?? "";
  const env = { PATH: process.env.PATH ?? "", MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
  const { stdout } = await run("python3", ["-c", program], { env });
  expect(stdout).toContain("'accepted': 1");
  expect(await searchAll(member)).toHaveLength(1);
});

test("the shell commands of the documentation run as they stand", async () => {
  const { member, key } = await makeSender(server);
  const program = programs.get("sh") ?? "";
  const env = { PATH: process.env.PATH ?? "", MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
  const { stdout } = await run("sh", ["-c", program], { env });
  expect(JSON.parse(stdout)).toMatchObject({ accepted: 1 });
  expect(await searchAll(member)).toHaveLength(1);
});
