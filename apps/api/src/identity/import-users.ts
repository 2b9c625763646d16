import type { Database } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { displayName, role } from "@muniment/shared/accounts.ts";
import { email } from "@muniment/shared/email-address.ts";
import { inArray } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { DataKeys } from "../audit/data-keys.ts";
import { writeAuditEntry } from "../audit/write.ts";
import { importedKind } from "./imported-hash.ts";

// What costs more than this would make every sign-in of the account a burden for the others.
const argonForm =
  /^\$argon2id\$v=19\$m=\d{1,6},t=\d,p=[1-4]\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{22,128}$/;

const hashKind = (hash: string) => (argonForm.test(hash) ? "argon2id" : importedKind(hash));

const line = z.strictObject({
  email,
  displayName,
  role: role.default("member"),
  passwordHash: z
    .string()
    .max(512)
    .refine((hash) => hashKind(hash) !== null, {
      message:
        "not a hash that can be imported: bcrypt ($2a, $2b, $2y, cost 4 to 14), pbkdf2_sha256 (1,000 to 2,000,000 iterations) or argon2id (below 1 GiB and 10 iterations)",
    }),
});
type Line = z.infer<typeof line> & { number: number };

export type ImportProblem = { line: number; problem: string };
export type ImportResult = { users: number; problems: ImportProblem[] };

function readLine(text: string, number: number): Line | ImportProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line: number, problem: "is not JSON" };
  }
  const parsed = line.safeParse(value);
  if (parsed.success) return { ...parsed.data, number };
  const said = parsed.error.issues.map(({ path, message }) =>
    `${path.join(".")} ${message}`.trim(),
  );
  return { line: number, problem: said.join("; ") };
}

/** The lines of a file, blank ones aside, and what is wrong with them, an address given twice included. */
function readLines(text: string): { lines: Line[]; problems: ImportProblem[] } {
  const lines: Line[] = [];
  const problems: ImportProblem[] = [];
  const firstOf = new Map<string, number>();
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (content.trim() === "") continue;
    const read = readLine(content, index + 1);
    if ("problem" in read) {
      problems.push(read);
      continue;
    }
    const first = firstOf.get(read.email);
    if (first !== undefined) {
      problems.push({ line: read.number, problem: `has the address of line ${first}` });
      continue;
    }
    firstOf.set(read.email, read.number);
    lines.push(read);
  }
  return { lines, problems };
}

const blockSize = 500;
const blocksOf = <T>(items: T[]) =>
  Array.from({ length: Math.ceil(items.length / blockSize) }, (_, at) =>
    items.slice(at * blockSize, (at + 1) * blockSize),
  );

async function taken(database: Database, lines: Line[]): Promise<ImportProblem[]> {
  const known = new Set<string>();
  for (const block of blocksOf(lines)) {
    const rows = await database
      .reads({})
      .select({ email: users.email })
      .from(users)
      .where(
        inArray(
          users.email,
          block.map((one) => one.email),
        ),
      );
    for (const row of rows) known.add(row.email);
  }
  return lines
    .filter((one) => known.has(one.email))
    .map(({ number }) => ({ line: number, problem: "there is an account with this address" }));
}

/**
 * Makes accounts from JSON lines of `{email, displayName, role?, passwordHash}`, each with an audit
 * entry: all of them, or none where any line is wrong. A dry run only looks.
 */
export async function importUsers(
  { database, dataKeys }: { database: Database; dataKeys: DataKeys },
  text: string,
  { dryRun, now }: { dryRun: boolean; now: Date },
): Promise<ImportResult> {
  const { lines, problems } = readLines(text);
  problems.push(...(await taken(database, lines)));
  problems.sort((a, b) => a.line - b.line);
  if (dryRun || problems.length > 0) return { users: lines.length, problems };
  await database.transaction({}, async (tx) => {
    for (const block of blocksOf(lines)) {
      const rows = block.map(({ number: _, ...one }) => ({ ...one, id: uuidv7(), createdAt: now }));
      await tx.insert(users).values(rows);
      for (const { id, email: label, role: given, passwordHash } of rows) {
        await writeAuditEntry(tx, dataKeys, {
          at: now,
          principal: { kind: "anonymous" },
          action: "user.imported",
          outcome: "success",
          target: { kind: "user", id, label },
          details: { role: given, hash: hashKind(passwordHash) ?? "" },
        });
      }
    }
  });
  return { users: lines.length, problems };
}
