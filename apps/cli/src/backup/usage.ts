export const usage = `
Usage: muniment backup <file|folder> [options]

Writes everything that this installation is into one new file, while the server goes on: all tables as
they are at one moment, DATA_DIR/keyring.json where the secrets lie there, the list of erasures, and
uploaded files that lie on the disk. In a folder that exists the file gets a name by the time. It is
encrypted (https://age-encryption.org), read back whole, and only then gets its name; nothing is
overwritten.

How it is encrypted, one of
  --recipient <age1...>     for the owner of this key, so that this machine cannot read its own backups;
                            may be repeated
  --passphrase-file <file>  with the first line of this file; default: BACKUP_PASSPHRASE_FILE
  --unencrypted             not at all: whoever has the file has everything, keys included

Options
  --make-identity <file>    make a key for --recipient, print the recipient, and do nothing else. Keep
                            the file on another machine: without it no backup can be opened
  --keep <number>           delete all but so many of the newest backups in the folder, once this one is
                            there; only files of the names that this command gives, none that are empty
  --env-file <file>         read the settings in this file instead of those of the environment
  --json                    { ok, path, bytes, deleted, problems, createdAt, rows, tables, files, audit, ... };
                            without a backup { ok: false, problem, exitCode }

Run it with the same environment, from the same folder and as the same user as the server, while it
runs or while it is stopped. It leaves the audit entry backup.created. docs/backups.md tells how to
schedule it, and how to try a restore.

Exit codes
  0  the backup is there, and was read back
  1  it could not be made; there is no new file. Or it was, and --keep could not be done: the report
     says so, and has its path
  2  called wrongly
`;
