import type { Database } from "@muniment/db/database.ts";
import ipaddr from "ipaddr.js";
import type { Config } from "../config.ts";
import type { Secrets } from "../secrets.ts";
import type { RequestFacts } from "../trpc/context.ts";
import { createApiKeyLookup } from "./api-keys.ts";
import type { Principal } from "./principal.ts";
import { findSession } from "./sessions.ts";

/** A looked-up credential may be reused this long: other nodes see a revocation within a second. */
const cacheMilliseconds = 900;
const cacheSize = 10_000;

export type Identities = {
  /** Who presents the credentials of a request; an unusable one gives an anonymous principal with the reason. */
  identify(request: RequestFacts): Promise<Principal>;
  /** Forgets what was looked up, so that a revocation holds at once on this node. */
  forget(): void;
  /** Keys used since the last call, with the time of the last use. */
  takeUsedKeys(): Map<string, Date>;
  /** Gives back what was taken and could not be written. */
  returnUsedKeys(taken: ReadonlyMap<string, Date>): void;
};

function isAddressAllowed(address: string, cidrs: readonly string[]): boolean {
  if (cidrs.length === 0) return true;
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return cidrs.some((cidr) => {
    const [range, bits] = ipaddr.parseCIDR(
      cidr.includes("/") ? cidr : `${cidr}/${cidr.includes(":") ? 128 : 32}`,
    );
    return range.kind() === parsed.kind() && parsed.match([range, bits]);
  });
}

/** Looks credentials up, with a cache that is emptied by every revocation on this node. */
export function createIdentities(
  database: Database,
  config: Config,
  secrets: Secrets,
  now: () => Date,
): Identities {
  const findApiKey = createApiKeyLookup(database, secrets.apiKeyHmac);
  let cache = new Map<string, { principal: Principal; until: number; expiresAt: Date | null }>();
  let usedKeys = new Map<string, Date>();

  async function lookUp(credential: string, isCookie: boolean) {
    if (isCookie) {
      const principal = await findSession(database, credential, now(), config);
      return principal && { principal, expiresAt: null };
    }
    return findApiKey(credential, now());
  }

  async function find(credential: string, isCookie: boolean): Promise<Principal | null> {
    const at = now();
    // A key in a cookie is no session: what was found as the one is not known as the other.
    const place = `${isCookie ? "cookie" : "bearer"} ${credential}`;
    const known = cache.get(place);
    if (known && known.until > at.getTime() && !(known.expiresAt && known.expiresAt <= at)) {
      return known.principal;
    }
    const generation = cache;
    const found = await lookUp(credential, isCookie);
    if (!found) return null;
    // A revocation during the look-up has replaced the cache; what was read before it must not stay.
    if (generation === cache) {
      if (cache.size >= cacheSize) cache.clear();
      cache.set(place, { ...found, until: at.getTime() + cacheMilliseconds });
    }
    return found.principal;
  }

  return {
    async identify({ cookieToken, bearer, address }) {
      if (bearer !== undefined) {
        const principal = await find(bearer, false);
        if (principal?.kind !== "apiKey") return { kind: "anonymous", refusal: "invalid_api_key" };
        if (!isAddressAllowed(address, principal.allowedCidrs)) {
          return { kind: "anonymous", refusal: "address_not_allowed" };
        }
        usedKeys.set(principal.keyId, now());
        return principal;
      }
      if (cookieToken === undefined) return { kind: "anonymous" };
      return (await find(cookieToken, true)) ?? { kind: "anonymous", refusal: "not_signed_in" };
    },
    forget() {
      cache = new Map();
    },
    takeUsedKeys() {
      const taken = usedKeys;
      usedKeys = new Map();
      return taken;
    },
    returnUsedKeys(taken) {
      usedKeys = new Map([...taken, ...usedKeys]);
    },
  };
}
