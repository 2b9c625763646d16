import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { recordOfProcessing } from "@muniment/db/processing/record.ts";
import { expect, test } from "vitest";
import { encryptedColumns } from "./encrypted-columns.ts";

/** Columns that are declared as secrets and are none that `ENCRYPTION_KEY` opens: hashes, and what lies under data keys. */
const others = [
  "api_keys.hmac",
  "api_keys.hmac_key",
  "challenges.hash",
  "challenges.password_digest",
  "challenges.session_id",
  "export_pieces.sealed",
  "exports.ticket_hash",
  "event_import_pieces.sealed",
  "fingerprint_key.key",
  "known_devices.hash",
  "link_tokens.hash",
  "link_tokens.password_hash",
  "recovery_codes.hash",
  "refresh_tokens.hash",
  "refresh_tokens.session_id",
  "refresh_tokens.successor_salt",
  "sessions.id",
  "users.password_hash",
];

test("every column of a secret is encrypted anew in a rotation, or known to need none", () => {
  const secrets = recordOfProcessing.flatMap(({ table, columns }) =>
    columns
      .filter(({ withheld }) => withheld?.startsWith("a secret"))
      .map(({ name }) => `${table}.${name}`),
  );
  const covered = encryptedColumns.map(({ table, column }) => `${table}.${column}`);
  expect(secrets.sort()).toEqual([...covered, ...others].sort());
});

test("nothing else encrypts than what writes those columns", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const paths = execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "src"],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  const callers = paths
    .split("\n")
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$/.test(path))
    .filter((path) => /ncryption\.encrypt\(/.test(readFileSync(`${root}/${path}`, "utf8")));
  // A new one writes a column: add that to `encryptedColumns`, and its file here.
  expect(callers.sort()).toEqual([
    "src/audit/data-keys.ts",
    "src/features/account/begin-totp.ts",
    "src/features/webhooks/create.ts",
    "src/features/webhooks/rotate-secret.ts",
    "src/features/witnesses/add.ts",
    "src/jobs.ts",
    "src/key-rotation/reencrypt.ts",
  ]);
});
