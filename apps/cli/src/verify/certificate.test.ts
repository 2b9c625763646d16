import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNoteSigner } from "@muniment/api/audit/note-signer.ts";
import { certificateText } from "@muniment/verify/certificate.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "../../test/call.ts";
import { exitCodes } from "../command.ts";

const log = "logs.example.org/audit";
const certificate = {
  id: "019a0000-0000-7000-8000-000000000001",
  log,
  erased: "019a0000-0000-7000-8000-000000000002",
  erasedAt: "2026-03-04T05:06:07.000Z",
  cause: "self" as const,
  keys: ["019a0000-0000-7000-8000-000000000003"],
  cleanedAt: null,
  remains: [{ what: "mails that were sent", where: "mail servers", until: "those are deleted" }],
};
const signer = createNoteSigner([Buffer.alloc(32, 1)], log);
const keyOf = ({ keys }: typeof signer) => keys.map(formatVerifierKey).join();
const note = signer.sign(certificateText(certificate));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "muniment-certificate-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function verify(text: string, ...options: string[]) {
  const path = join(folder, "certificate.txt");
  await writeFile(path, text);
  return call(["verify", "--certificate", path, ...options]);
}

test("a certificate of erasure verifies by the key alone and says what it states", async () => {
  const { exitCode, stdout, stderr } = await verify(note, "--key", keyOf(signer));
  expect(stderr).toBe("");
  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toBe(
    [
      `ok    Certificate ${certificate.id} of ${log}: account ${certificate.erased} was erased 2026-03-04T05:06:07.000Z.`,
      "      1 of its keys were destroyed; traces on the disk: not stated to be overwritten.",
      "      remains: mails that were sent, mail servers, until those are deleted",
      "",
    ].join("\n"),
  );
});

test("--json is the whole certificate", async () => {
  const { exitCode, stdout } = await verify(note, "--key", keyOf(signer), "--json");
  expect(exitCode).toBe(exitCodes.ok);
  expect(JSON.parse(stdout)).toEqual({ ok: true, certificate });
});

test("a changed certificate, one of another key and a checkpoint are none", async () => {
  const stranger = createNoteSigner([Buffer.alloc(32, 2)], log);
  const elsewhere = createNoteSigner([Buffer.alloc(32, 1)], "other.example.org/audit");
  const cases: [text: string, key: string][] = [
    [note.replace("000000000002", "000000000009"), keyOf(signer)],
    [note, keyOf(stranger)],
    [elsewhere.sign(certificateText(certificate)), keyOf(elsewhere)],
    [signer.sign(`${log}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`), keyOf(signer)],
  ];
  for (const [text, key] of cases) {
    const { exitCode, stdout } = await verify(text, "--key", key);
    expect(stdout).toMatch(/^FAIL {2}\S/);
    expect(exitCode).toBe(exitCodes.failed);
    const answer = JSON.parse((await verify(text, "--key", key, "--json")).stdout);
    expect(answer).toEqual({ ok: false, reason: expect.stringMatching(/\S/) });
  }
});

test("without a key, and without the file, nothing is verified", async () => {
  const keyless = await verify(note);
  expect(keyless.exitCode).toBe(exitCodes.usage);
  expect(keyless.stderr).toContain("--certificate needs a --key of the log");
  const missing = await call([
    "verify",
    "--certificate",
    join(folder, "missing"),
    "--key",
    keyOf(signer),
  ]);
  expect(missing.exitCode).toBe(exitCodes.usage);
  expect(missing.stderr).toContain("ENOENT");
});
