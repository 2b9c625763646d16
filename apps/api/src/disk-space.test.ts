import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { watchDiskSpace } from "./disk-space.ts";

const silent = { info: vi.fn(), error: vi.fn() };
const moreThanAnyDisk = 2 ** 60;

test.each([
  ["less is free than the reserve", tmpdir(), moreThanAnyDisk, "disk_full"],
  ["more is free", tmpdir(), 1, undefined],
  ["there is no reserve", tmpdir(), 0, undefined],
  ["the disk is not ours to watch", null, moreThanAnyDisk, undefined],
])("while %s: %s", (_, directory, reserve, reason) => {
  const space = watchDiskSpace(directory, reserve, silent);
  const attempt = () => space.require();
  if (reason) {
    expect(attempt).toThrow(expect.objectContaining({ reason, retryAfterSeconds: 5 }));
  } else attempt();
  space.stop();
});

test("a place that cannot be looked at is told at the start", () => {
  expect(() => watchDiskSpace(join(tmpdir(), "not", "there"), 1, silent)).toThrow(/ENOENT/);
});
