import { Secret, TOTP } from "otpauth";

/** What every authenticator app can do: SHA-1, six digits, 30 seconds (RFC 6238). */
const settings = { algorithm: "SHA1", digits: 6, period: 30 } as const;

const totpOf = (secret: string) => new TOTP({ ...settings, secret: Secret.fromBase32(secret) });

/** A new shared secret in base32: 160 random bits, the length that RFC 4226 recommends. */
export const newTotpSecret = () => new Secret({ size: 20 }).base32;

/** The `otpauth:` address that an authenticator app reads from a QR code. */
export function totpUri(secret: string, account: string): string {
  return new TOTP({
    ...settings,
    issuer: "Muniment",
    label: account,
    secret: Secret.fromBase32(secret),
  }).toString();
}

/**
 * The 30-second step whose code this is; null when it is of none that may be used now: the running
 * one, or one beside it for a clock that goes wrong (RFC 6238, 5.2), and later than `lastStep`.
 */
export function stepOfCode(
  secret: string,
  code: string,
  now: Date,
  lastStep: number,
): number | null {
  // The library throws on characters that are more than one byte.
  if (!/^[0-9]{6}$/.test(code)) return null;
  const totp = totpOf(secret);
  const running = totp.counter({ timestamp: now.getTime() });
  let found: number | null = null;
  for (const step of [running - 1, running, running + 1]) {
    const timestamp = step * settings.period * 1000;
    const isRight = totp.validate({ token: code, timestamp, window: 0 }) !== null;
    if (isRight && step > lastStep) found ??= step;
  }
  return found;
}
