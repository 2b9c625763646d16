import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Evidence } from "@muniment/verify/evidence.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  countErrors,
  createClient,
  reasonOf,
} from "../../../examples/typed-client/count-errors.ts";
import { makeSender, searchAll } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { newestOf } from "./log-growth.ts";

const run = promisify(execFile);
const docs = new URL("../../../docs/", import.meta.url);

/** The programs of a document, from a heading on, that are in a language. */
async function programsOf(name: string, language: string, heading = ""): Promise<string[]> {
  const markdown = await readFile(new URL(name, docs), "utf8");
  const found = markdown.slice(markdown.indexOf(heading)).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...found].flatMap(([, its, program = ""]) => (its === language ? [program] : []));
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

const isHere = (tool: string) =>
  run("sh", ["-c", `command -v ${tool}`]).then(
    () => true,
    () => false,
  );
const [hasPython, hasOpenssl, hasJq] = await Promise.all(["python3", "openssl", "jq"].map(isHere));

test.runIf(hasPython)("the Python program of the documentation runs as it stands", async () => {
  const { member, key } = await makeSender(server);
  const [program = ""] = await programsOf("developers.md", "python");
  const env = { PATH: process.env.PATH ?? "", MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
  const { stdout } = await run("python3", ["-c", program], { env });
  expect(stdout).toContain("'accepted': 1");
  expect(await searchAll(member)).toHaveLength(1);
});

test("the shell commands of the documentation run as they stand", async () => {
  const { member, key } = await makeSender(server);
  const [program = ""] = await programsOf("developers.md", "sh");
  const env = { PATH: process.env.PATH ?? "", MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
  const { stdout } = await run("sh", ["-c", program], { env });
  expect(JSON.parse(stdout)).toMatchObject({ accepted: 1 });
  expect(await searchAll(member)).toHaveLength(1);
});

describe("the audit log, by the lines of its documentation alone,", () => {
  const by = (language: string) =>
    programsOf("audit-log.md", language, "## Checking it with other tools");
  let folder: string;
  let bundle: Evidence;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "muniment-other-tools-"));
    const member = await server.member();
    for (const name of ["a", "b", "c"]) must(await member.mutate("agents.create", { name }));
    // Older transactions of other tests keep them waiting.
    const sealed = async () => expect((await newestOf(server)).size).toBeGreaterThanOrEqual(6);
    await vi.waitFor(sealed, { timeout: 60_000 });
    const auditor = await server.user("auditor");
    bundle = must(await auditor.query("audit.evidence", { from: 3, count: 4 }));
    await writeFile(join(folder, "bundle.json"), JSON.stringify(bundle));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const shell = (program: string) => {
    const env = { PATH: process.env.PATH ?? "", URL: server.url };
    return run("sh", ["-c", program], { cwd: folder, env });
  };

  test.runIf(hasOpenssl)("is signed, and a certificate of erasure is", async () => {
    const [signature = ""] = await by("sh");
    expect((await shell(signature)).stdout).toContain("Signature Verified Successfully");
    const person = await server.member();
    const { certificate } = must(await person.mutate("data.erase", { password }));
    await writeFile(join(folder, "certificate"), certificate);
    const ofCertificate = signature.replace(
      /^curl \S+ \S+ > checkpoint;/,
      "cp certificate checkpoint;",
    );
    expect(ofCertificate).not.toBe(signature);
    expect((await shell(ofCertificate)).stdout).toContain("Signature Verified Successfully");
    await writeFile(join(folder, "certificate"), certificate.replace("self", "sell"));
    await expect(shell(ofCertificate)).rejects.toThrow();
  });

  test.runIf(hasOpenssl && hasJq)("has the entries that it shows, of whom it says", async () => {
    const [, entry = ""] = await by("sh");
    const [first] = bundle.ranges[0]?.entries ?? [];
    const { personal } = JSON.parse(first?.leaf ?? "").actor;
    expect((await shell(entry)).stdout.trim().split("\n")).toEqual([first?.hash, personal]);
  });

  test.runIf(hasPython)("holds them in the tree that was signed", async () => {
    const [tree = ""] = await by("python");
    const verdict = async () =>
      (await run("python3", ["-c", tree, join(folder, "bundle.json")])).stdout;
    expect(await verdict()).toBe("entries 3 to 6: as signed\n");
    const text = JSON.stringify(bundle).replace("agent.created", "agent.deleted");
    await writeFile(join(folder, "bundle.json"), text);
    expect(await verdict()).toBe("entries 3 to 6: NOT as signed\n");
  });
});
