import { BackupProblem } from "@muniment/db/backup/problem.ts";
import { type SecretName, type SecretRings, secretNames } from "../config.ts";
import { completeRings, parseKeyring } from "../keyring.ts";
import { deriveSecrets, type Secrets } from "../secrets.ts";
import type { Manifest } from "./manifest.ts";

/** The secrets that the restored installation will have. @throws BackupProblem where they are not those of before */
export function secretsFor(
  manifest: Manifest,
  keyring: Buffer | null,
  given: SecretRings,
): Secrets {
  const stored = keyring ? parseKeyring(keyring.toString("utf8")) : {};
  const rings = completeRings(stored, given);
  const empty = secretNames.filter((name) => rings[name].length === 0);
  if (empty.length > 0) {
    throw new BackupProblem(
      `the secrets are not in the backup: set ${empty.join(", ")} as they were`,
    );
  }
  const secrets = deriveSecrets(rings);
  const fits = (name: SecretName, { fingerprints }: Secrets) =>
    (manifest.fingerprints[name] ?? []).every((one) => fingerprints[name].includes(one));
  const others = secretNames.filter((name) => !fits(name, secrets));
  if (others.length === 0) return secrets;
  const own = deriveSecrets(
    Object.fromEntries(
      secretNames.map((name) => [name, stored[name] ?? rings[name]]),
    ) as SecretRings,
  );
  const remedies = others.map(
    (name) =>
      `${name}: not what the backup was made under. ${fits(name, own) ? "Unset it, as the backup holds its own" : "Set it as it was, older elements included"}`,
  );
  throw new BackupProblem(remedies.join("; "));
}
