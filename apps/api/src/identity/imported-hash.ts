import { pbkdf2Sync, timingSafeEqual } from "node:crypto";

/** Whether it is a hash as they are made now, not one of another system. */
export const isArgon2id = (stored: string): boolean => stored.startsWith("$argon2id$");

// A verification at the upper end takes about a second, so that no hash can be made a weapon.
const bcryptForm = /^\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/;
const djangoForm =
  /^pbkdf2_sha256\$([1-9]\d{3,6})\$([\x21-\x23\x25-\x7e]{1,128})\$([A-Za-z0-9+/]{43}=)$/;
const maxIterations = 2_000_000;

/** The parts of a hash of Django's default hasher: `pbkdf2_sha256$iterations$salt$base64`. */
function djangoParts(stored: string) {
  const [, iterations, salt, digest] = djangoForm.exec(stored) ?? [];
  if (!iterations || !salt || !digest || Number(iterations) > maxIterations) return null;
  return { iterations: Number(iterations), salt, digest: Buffer.from(digest, "base64") };
}

/** The hashes of other systems that can be imported, by the name the log gives them; else null. */
export function importedKind(stored: string): "bcrypt" | "pbkdf2_sha256" | null {
  if (bcryptForm.test(stored)) return "bcrypt";
  return djangoParts(stored) ? "pbkdf2_sha256" : null;
}

/**
 * Verifies a password as typed against an imported hash; what is not one fits nothing. bcrypt looks
 * at 72 bytes, and the hash that replaces it at the first sign-in at all of them.
 */
export async function verifyImported(stored: string, password: string): Promise<boolean> {
  if (bcryptForm.test(stored)) {
    // Loaded only where there is such a hash: two threads take 8 MB more with it.
    const { verifySync } = await import("@node-rs/bcrypt");
    // bcrypt's text ends at a zero, which nobody types.
    return !password.includes("\0") && verifySync(password, stored);
  }
  const parts = djangoParts(stored);
  if (!parts) return false;
  const { salt, iterations, digest } = parts;
  return timingSafeEqual(pbkdf2Sync(password, salt, iterations, digest.length, "sha256"), digest);
}
