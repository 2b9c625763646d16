import type { FilesFacts } from "@muniment/api/posture/gather/files.ts";
import { byFacts, type Cases } from "../case.ts";

const withMode = (mode: number, pick: (files: FilesFacts) => { mode: number } | null | undefined) =>
  byFacts(({ files }) => {
    const file = pick(files);
    if (file) file.mode = mode;
  });

const withFree = (freeBytes: number, status?: "warn") =>
  byFacts(({ disks }) => {
    disks.push({ holds: "the embedded database", freeBytes });
  }, status);

export const fileCases: Cases = {
  "files.data-dir": {
    breaks: {
      listed: withMode(0o755, ({ dataDir }) => dataDir),
      written: withMode(0o733, ({ dataDir }) => dataDir),
    },
  },
  "files.not-root": {
    breaks: {
      root: byFacts(({ files }) => {
        if (files.dataDir) files.dataDir.uid = 0;
      }, "warn"),
    },
  },
  "files.keyring": {
    breaks: {
      read: withMode(0o640, ({ keyring }) => keyring),
      damaged: byFacts(({ files }) => {
        files.keyringSecrets = null;
      }),
    },
  },
  "files.outbox": {
    breaks: {
      listed: withMode(0o755, ({ outbox }) => outbox[0]),
      "a mail is read": withMode(0o644, ({ outbox }) => outbox[1]),
    },
  },
  "files.env": { breaks: { read: withMode(0o644, ({ envFiles }) => envFiles[0]) } },
  "files.disk-space": {
    breaks: {
      "less than the reserve": withFree(2 ** 28 - 1),
      "soon less": withFree(2 ** 30 - 1, "warn"),
    },
  },
};
