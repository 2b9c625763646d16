import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Mounts a disk of so many bytes ($1) at a place ($0). */
export const mounting = 'mount -t tmpfs -o "size=$1,mode=711" tmpfs "$0"';

/** Whether this user may mount: root may, unless in a container that may not. */
export function mayMount() {
  const place = mkdtempSync(join(tmpdir(), "muniment-mount-"));
  try {
    execFileSync("unshare", ["-m", "sh", "-c", mounting, place, "65536"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(place);
  }
}
