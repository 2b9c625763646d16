import { type Check, fail, pass, skip, warn } from "../check.ts";
import type { DiskFact } from "../gather/disks.ts";

const mebibyte = 2 ** 20;
const show = ({ holds, freeBytes }: DiskFact) =>
  `${Math.floor(freeBytes / mebibyte)} MiB are free for ${holds}`;

/** A name of its own, for the server also tells of it as soon as it happens. */
export const diskSpaceCheck = "files.disk-space";

export const diskChecks: Check[] = [
  {
    id: diskSpaceCheck,
    title: "There is room for events and files",
    group: "files",
    run({ disks, settings }) {
      const reserve = settings.config.diskReserveBytes;
      const tight = 4 * Math.max(reserve, 256 * mebibyte);
      const full = disks.filter(({ freeBytes }) => freeBytes < reserve);
      if (full.length > 0) {
        return fail(
          `${full.map(show).join("; ")}: less than DISK_RESERVE_BYTES, so what grows is refused`,
          "Free space or enlarge the disk; events are taken again by themselves.",
        );
      }
      const near = disks.filter(({ freeBytes }) => freeBytes < tight);
      if (near.length > 0) {
        return warn(
          near.map(show).join("; "),
          "Free space or enlarge the disk, or let events end sooner (EVENT_RETENTION_DAYS).",
        );
      }
      return disks.length > 0 ? pass(disks.map(show).join("; ")) : skip("it cannot be looked at");
    },
  },
];
