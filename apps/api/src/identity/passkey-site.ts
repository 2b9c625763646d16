import { isIP } from "node:net";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";

type Site = Pick<Config, "publicUrl">;

/**
 * Why browsers make no passkeys for PUBLIC_URL; null where they do. A passkey belongs to a domain,
 * and an address of digits is none (WebAuthn Level 3, 5.1.3).
 */
export function passkeysUnavailable({ publicUrl }: Site): string | null {
  const host = publicUrl.hostname.replaceAll(/[[\]]/g, "");
  if (isIP(host) === 0) return null;
  const remedy =
    publicUrl.protocol === "http:"
      ? `http://localhost${publicUrl.port ? `:${publicUrl.port}` : ""}`
      : "a host name";
  return `Browsers make no passkeys for the address ${host}. Set PUBLIC_URL to ${remedy} to use them.`;
}

/**
 * For which site passkeys are made and accepted: that of PUBLIC_URL, whatever a request says.
 * @throws AppError `passkeys_unavailable`
 */
export function passkeySite(config: Site): { rpId: string; origin: string } {
  const why = passkeysUnavailable(config);
  if (why !== null) throw new AppError("passkeys_unavailable", why);
  return { rpId: config.publicUrl.hostname, origin: config.publicUrl.origin };
}
