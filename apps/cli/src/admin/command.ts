import { type Command, type Io, UsageError } from "../command.ts";
import { importUsersCommand } from "./import-users.ts";
import { removeFactorsCommand } from "./remove-factors.ts";
import { addWitnessCommand, witnessLogCommand } from "./witnesses.ts";

const usage = `
Usage: muniment admin <command> [options]

  import-users <file>       make accounts with the password hashes of another system
  remove-factors <address>  take away the second factors of somebody who lost them
  add-witness <url>         send checkpoints of the audit log to a witness, to be cosigned
  witness-log <url>         be a witness of the audit log of another installation

muniment admin works on the database of this installation (the environment says which, as for the
server), beside a running server or without one.

import-users reads one JSON object a line:

  {"email": "ada@example.org", "displayName": "Ada", "role": "member", "passwordHash": "$2b$12$..."}

role is member (the default), auditor or admin. passwordHash is bcrypt ($2a, $2b, $2y), Django's
pbkdf2_sha256$iterations$salt$hash, or argon2id; it is replaced by argon2id at the first sign-in.
Every line is looked at first: where any is wrong, nothing is imported.

  --dry-run  look at every line, and import nothing

remove-factors is for the administrator whom no other can help; others do it on the user's page. It
deletes app, passkeys and recovery codes, ends every session, and makes the password useless: the
owner gets a mail with a link to set another.

add-witness takes the submission prefix of a witness of https://c2sp.org/tlog-witness, such as
<PUBLIC_URL>/witness of another Muniment; witness-log the PUBLIC_URL of the one whose log it is. Each is
run on its own side. Without --key the key is fetched from there: compare it with what its operator
tells you. A log that is known already gets the keys that are given.

  --key <verifier key>  of the witness; or of the log, as often as it has keys

  --json  print the result as JSON

Exit codes: 0 done, or would be; 1 a line is wrong, there is no such account or factor, or it is there
already: nothing was changed; 2 wrong usage.
`;

const commands: Readonly<Record<string, (argv: string[], io: Io) => Promise<number>>> = {
  "import-users": importUsersCommand,
  "remove-factors": removeFactorsCommand,
  "add-witness": addWitnessCommand,
  "witness-log": witnessLogCommand,
};

export const admin: Command = {
  name: "admin",
  summary: "manage accounts and witnesses from the machine of the server",
  usage,
  async run([name, ...rest], io) {
    const command =
      name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(name ? `There is no command "${name}".` : "Name a command.");
    return command(rest, io);
  },
};
