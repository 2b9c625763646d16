import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type SecretName, type SecretRings, secretNames } from "./config.ts";

const keyringFile = z.partialRecord(
  z.enum([...secretNames, "DATABASE_PASSWORD"]),
  z.string().min(32),
);

/** Secrets that were not given, and the embedded database's password: made once and kept. */
export type Keyring = { rings: SecretRings; databasePassword: string };

/**
 * Completes the given rings from `DATA_DIR/keyring.json` (0600), generating what is missing there.
 * @throws when the file cannot be read or is not a keyring
 */
export function loadKeyring(dataDir: string, given: Record<SecretName, string[]>): Keyring {
  const path = join(dataDir, "keyring.json");
  const stored: Record<string, string> = existsSync(path)
    ? keyringFile.parse(JSON.parse(readFileSync(path, "utf8")))
    : {};
  const missing = [...secretNames, "DATABASE_PASSWORD"].filter((name) => !stored[name]);
  const complete = { ...stored };
  for (const name of missing) complete[name] = randomBytes(36).toString("base64url");
  if (missing.length > 0) {
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(complete, null, 2)}\n`, {
      mode: 0o600,
      flush: true,
    });
    renameSync(temporary, path);
  }
  const element = (name: string) => complete[name] ?? "";
  const ring = (name: SecretName) => (given[name].length > 0 ? given[name] : [element(name)]);
  const rings: SecretRings = {
    JWT_SECRET: ring("JWT_SECRET"),
    API_KEY_SECRET: ring("API_KEY_SECRET"),
    ENCRYPTION_KEY: ring("ENCRYPTION_KEY"),
    AUDIT_SIGNING_KEY: ring("AUDIT_SIGNING_KEY"),
  };
  return { rings, databasePassword: element("DATABASE_PASSWORD") };
}
