import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isRoot } from "./child-user.ts";
import { prepareDataDir } from "./data-directory.ts";
import { DataDirUnusable } from "./errors.ts";

let place: string;
beforeEach(async () => {
  place = await mkdtemp("/tmp/data-directory-test-");
});
afterEach(() => rm(place, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const CLOSED = isRoot() ? 0o711 : 0o700;

it("makes an absent directory that no other user can list", async () => {
  const wanted = join(place, "a", "b");
  expect(await prepareDataDir(wanted)).toBe(wanted);
  expect(await modeOf(wanted)).toBe(CLOSED);
});

it("takes an empty directory over and closes it", async () => {
  await chmod(place, 0o777);
  await prepareDataDir(place);
  expect(await modeOf(place)).toBe(CLOSED);
});

it("takes its own directory again", async () => {
  await mkdir(join(place, "outbox"));
  await writeFile(join(place, "something-else"), "");
  await expect(prepareDataDir(place)).resolves.toBe(place);
});

it("leaves a directory with foreign files alone", async () => {
  await chmod(place, 0o755);
  await writeFile(join(place, "passwd"), "");
  await expect(prepareDataDir(place)).rejects.toThrow(/not empty.*"passwd"/);
  expect(await modeOf(place)).toBe(0o755);
});

it("says what to do when the path is a file", async () => {
  await writeFile(join(place, "file"), "");
  const attempt = prepareDataDir(join(place, "file"));
  await expect(attempt).rejects.toThrow(DataDirUnusable);
  await expect(attempt).rejects.toThrow(/Set DATA_DIR to/);
});
