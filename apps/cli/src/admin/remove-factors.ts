import { removeLostFactors } from "@muniment/api/identity/remove-lost-factors.ts";
import { withDatabase } from "@muniment/api/with-database.ts";
import { email } from "@muniment/shared/email-address.ts";
import { exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { settingsOf } from "./settings.ts";

const said = {
  removed:
    "The second factors are removed. A mail with a link to set a new password is on its way (without SMTP_URL: in DATA_DIR/outbox, once the server runs).",
  "no such account": "There is no account with this address.",
  disabled: "The account is disabled. Enable it first.",
  none: "The account has no second factor.",
} as const;

export async function removeFactorsCommand(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });
  const [given, ...more] = positionals;
  const address = email.safeParse(given);
  if (!address.success || more.length > 0) throw new UsageError("Name one e-mail address.");
  const settings = settingsOf(io.env);
  const outcome = await withDatabase(settings, (opened) =>
    removeLostFactors({ ...settings, ...opened }, address.data, () => new Date()),
  );
  const isDone = outcome === "removed";
  if (values.json) io.stdout.write(`${JSON.stringify({ outcome })}\n`);
  else (isDone ? io.stdout : io.stderr).write(`${said[outcome]}\n`);
  return isDone ? exitCodes.ok : exitCodes.failed;
}
