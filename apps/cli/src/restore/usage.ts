export const usage = `
Usage: muniment restore <file> [options]

Restores a backup into an empty DATA_DIR, and into the database of DATABASE_URL where that is set, which
must be empty, too. The whole file is read and checked before anything is made; everything is restored in
one transaction, counted, and the audit log is verified. What fails leaves both as they were. After one
that was cut off (killed, or its connection lost while it committed) run the same command again: it
finishes, or begins anew. Until then no server starts in that DATA_DIR.

What opens it, one of
  --identity <file>         the identity of one of its recipients, as age-keygen or backup
                            --make-identity wrote it
  --passphrase-file <file>  the first line of this file; default: BACKUP_PASSPHRASE_FILE
  --unencrypted             it was made without encryption

Options
  --drill                   restore into a temporary folder with a PostgreSQL of its own, verify, report,
                            and remove it again; this installation is not touched
  --end-sessions            everybody has to sign in again
  --env-file <file>         read the settings in this file instead of those of the environment
  --json                    { ok, verified, createdAt, rows, tables, files, audit, ... }; where it is not
                            restored { ok: false, problem, exitCode }

Where a newer list of erasures is at hand (DATA_DIR/erasures.jsonl of the machine that was lost), put it
into the empty DATA_DIR first: whoever was erased since the backup is erased again at the start. Secrets
that the server got from its environment are not in a backup: set them as they were.

Exit codes
  0  it is restored, or could be (--drill): counted and verified
  1  it is not, and nothing was changed; or the error says otherwise
  2  called wrongly
`;
