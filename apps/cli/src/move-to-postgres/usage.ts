export const usage = `
Usage: muniment move-to-postgres <url> [options]

Copies the embedded database of this installation into an empty database of another PostgreSQL (15 or
newer): everything in one transaction, counted, and the audit log verified. The embedded one is only
read, and stays in DATA_DIR.

The server must be stopped. Afterwards it is started with DATABASE_URL, and with the same DATA_DIR: keys,
uploaded files and the list of erasures stay there. In production the server then wants its secrets
from its environment: it is told which to take from DATA_DIR/keyring.json.

  --url-file <file>   the first line of this file is the URL: on the command line other users of the
                      machine can read its password
  --env-file <file>   read the settings in this file instead of those of the environment
  --json              { ok, verified, secretsToSet, createdAt, rows, tables, audit, ... }, or
                      { ok, secretsToSet, movedAt } where a move before did all; where it is not
                      moved { ok: false, problem, exitCode }

The URL is what DATABASE_URL will be (or DATABASE_OWNER_URL, where the application has one of its own),
with sslmode=verify-full off this machine, and DATABASE_CA_FILE for a private authority. Its user owns
the database and may create roles.

Exit codes
  0  everything is there, counted and verified, now or by a move before after which nothing was written
  1  it is not: the target is as it was, unless it was cut off while it committed. Run it again: it begins
     anew, or finds that everything is there, or that the embedded one was given more since
  2  called wrongly, or the server still runs
`;
