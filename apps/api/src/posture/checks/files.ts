import { type Check, fail, failIfAny, pass, skip, warn } from "../check.ts";
import type { FileFact } from "../gather/files.ts";

const show = ({ path, mode }: FileFact) => `${path} (0${mode.toString(8)})`;
const isOpen = ({ mode }: FileFact) => (mode & 0o077) !== 0;

export const fileChecks: Check[] = [
  {
    id: "files.data-dir",
    title: "Nobody else can list DATA_DIR or write to it",
    group: "files",
    run({ files: { dataDir } }) {
      if (!dataDir) return skip("the first start makes it");
      // As root it is 0711: the database's own user passes through.
      return failIfAny(
        (dataDir.mode & 0o066) === 0 ? [] : [show(dataDir)],
        show(dataDir),
        `chmod 0700 ${dataDir.path} (0711 where Muniment runs as root).`,
      );
    },
  },
  {
    id: "files.not-root",
    title: "Muniment does not run as root",
    group: "files",
    run({ files: { dataDir } }) {
      if (!dataDir) return skip("the first start makes DATA_DIR");
      return dataDir.uid === 0
        ? warn(
            "DATA_DIR belongs to root, so a fault in Muniment is a fault of the whole machine",
            "Start it as a user of its own, with a DATA_DIR that belongs to that user.",
          )
        : pass(`DATA_DIR belongs to user ${dataDir.uid}`);
    },
  },
  {
    id: "files.keyring",
    title: "The keyring is whole, and for its owner alone",
    group: "files",
    run({ files: { keyring, keyringSecrets } }) {
      if (!keyring) return skip("there is none, or it is out of this user's sight");
      if (!keyringSecrets) {
        return fail(
          `${keyring.path} is damaged`,
          "Put its copy back from a backup: without it encrypted data is lost.",
        );
      }
      return failIfAny(
        isOpen(keyring) ? [show(keyring)] : [],
        show(keyring),
        `chmod 0600 ${keyring.path}, and replace its secrets if others had access.`,
      );
    },
  },
  {
    id: "files.outbox",
    title: "Mails in the outbox are for their owner alone",
    group: "files",
    run({ files: { outbox } }) {
      if (outbox.length === 0) return skip("there is no outbox");
      return failIfAny(
        outbox.filter(isOpen).map(show),
        `${outbox.length} entries`,
        "chmod 0700 the outbox and 0600 the mails in it: they carry reset links.",
      );
    },
  },
  {
    id: "files.env",
    title: "Environment files are for their owner alone",
    group: "files",
    run({ files: { envFiles } }) {
      if (envFiles.length === 0) return skip("there is no .env file");
      return failIfAny(
        envFiles.filter(isOpen).map(show),
        envFiles.map(show).join(", "),
        "chmod 0600 each of them.",
      );
    },
  },
];
