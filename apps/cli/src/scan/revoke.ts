import { createInterface } from "node:readline";
import { revokeFoundKey } from "@muniment/api/identity/revoke-found-key.ts";
import { withDatabase } from "@muniment/api/with-database.ts";
import type { settingsOf } from "../admin/settings.ts";
import { counted } from "../backup/report.ts";
import { type Io, UsageError } from "../command.ts";
import type { KnownKey } from "./live-keys.ts";

const isTerminal = ({ stdin }: Io) => "isTTY" in stdin && stdin.isTTY === true;

/** @throws UsageError where nobody could be asked, before anything is looked at */
export function requireAnswer(io: Io, yes: boolean, paths: readonly string[]): void {
  if (yes || (isTerminal(io) && !paths.includes("-"))) return;
  throw new UsageError("--revoke asks at a terminal whose input is not scanned; or give --yes.");
}

async function agrees(io: Io, question: string): Promise<boolean> {
  io.stderr.write(`${question} [y/N] `);
  for await (const line of createInterface({ input: io.stdin })) return /^y(es)?$/i.test(line);
  return false;
}

/** Revokes keys that were found, once somebody has agreed. Answers which are revoked by it. */
export async function revokeFound(
  keys: readonly KnownKey[],
  settings: ReturnType<typeof settingsOf>,
  { yes, io }: { yes: boolean; io: Io },
): Promise<KnownKey[]> {
  if (keys.length === 0) return [];
  const question = `Revoke ${counted(keys.length, "key")} of this installation? What sends with ${keys.length === 1 ? "it" : "them"} is refused at once.`;
  if (!yes && !(await agrees(io, question))) return [];
  return withDatabase(settings, async (opened) => {
    const revoked: KnownKey[] = [];
    for (const key of keys) {
      if (await revokeFoundKey(opened, key, new Date())) revoked.push(key);
    }
    return revoked;
  });
}
