import type { Database } from "@muniment/db/database.ts";
import ipaddr from "ipaddr.js";
import type { Config } from "../config.ts";
import type { Secrets } from "../secrets.ts";
import type { RequestFacts } from "../trpc/context.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { createApiKeyLookup } from "./api-keys.ts";
import type { ApiKeyPrincipal, Principal } from "./principal.ts";
import { findSession, sessionIdOf } from "./sessions.ts";
import { findFamily } from "./token-families.ts";

/** A looked-up credential may be reused this long: other nodes see a revocation within a second. */
const cacheMilliseconds = 900;
const cacheSize = 10_000;
/** How long a call may be on its way. */
const renewedMilliseconds = 30_000;

export type Identities = {
  /**
   * Who presents the credentials of a request; an unusable one gives an anonymous principal with the
   * reason. With `isUse` false the session does not count as used by its user.
   */
  identify(request: RequestFacts, isUse?: boolean): Promise<Principal>;
  /** Says that a cookie's session goes on under another token, for a browser whose calls were on their way. */
  noteRenewed(sessionId: string): void;
  /** Forgets what was looked up, so that a revocation holds at once on this node. */
  forget(): void;
  /** Keys used since the last call. */
  takeUsedKeys(): Map<string, KeyUse>;
  /** Gives back what was taken and could not be written. */
  returnUsedKeys(taken: ReadonlyMap<string, KeyUse>): void;
};

/** The last use of a key, and from which addresses it was used; of very many only some. */
export type KeyUse = { principal: ApiKeyPrincipal; at: Date; addresses: Set<string> };
const maxAddresses = 20;

/** An address or CIDR range; one of IPv4 written as IPv6 (`::ffff:…`) is IPv4, as addresses of callers are. */
function toRange(cidr: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [address = "", length] = cidr.split("/");
  const range = ipaddr.parse(address);
  const whole = range.kind() === "ipv6" ? 128 : 32;
  const bits = length === undefined ? whole : Number(length);
  if (range instanceof ipaddr.IPv6 && range.isIPv4MappedAddress() && bits >= 96) {
    return [range.toIPv4Address(), bits - 96];
  }
  return [range, bits];
}

function isAddressAllowed(address: string, cidrs: readonly string[]): boolean {
  if (cidrs.length === 0) return true;
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return cidrs.some((cidr) => {
    const [range, bits] = toRange(cidr);
    return range.kind() === parsed.kind() && parsed.match([range, bits]);
  });
}

type CredentialKind = "cookie" | "apiKey" | "accessToken";
type Found = { principal: Principal; expiresAt: Date | null } | null;

const looksLikeJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Not from the future either: a clock put back must not make it last. */
const isFresh = (from: number, at: Date) =>
  from <= at.getTime() && at.getTime() < from + cacheMilliseconds;

/** Looks credentials up, with a cache that is emptied by every revocation on this node. */
export function createIdentities(
  database: Database,
  config: Config,
  secrets: Secrets,
  accessTokens: AccessTokens,
  now: () => Date,
): Identities {
  const findApiKey = createApiKeyLookup(database, secrets.apiKeyHmac);
  let cache = new Map<string, NonNullable<Found> & { from: number }>();
  /** Look-ups under way: calls that come at once share one. */
  let underWay = new Map<string, { from: number; found: Promise<Principal | null> }>();
  let usedKeys = new Map<string, KeyUse>();
  const renewed = new Map<string, number>();

  /** Whether calls with this cookie may still be on their way from a browser that has the next one. */
  function wasRenewed(token: string) {
    const at = renewed.get(sessionIdOf(token));
    return at !== undefined && performance.now() - at < renewedMilliseconds;
  }

  function noteUse(principal: ApiKeyPrincipal, address: string) {
    const use = usedKeys.get(principal.keyId);
    if (!use) {
      usedKeys.set(principal.keyId, { principal, at: now(), addresses: new Set([address]) });
      return;
    }
    use.at = now();
    if (use.addresses.size < maxAddresses) use.addresses.add(address);
  }

  async function lookUp(kind: CredentialKind, credential: string, isUse: boolean): Promise<Found> {
    if (kind === "apiKey") return findApiKey(credential, now());
    if (kind === "cookie") {
      const principal = await findSession(database, credential, now(), config, isUse);
      return principal && { principal, expiresAt: null };
    }
    const said = await accessTokens.read(credential);
    const principal = said && (await findFamily(database, said, now(), isUse));
    return principal && { principal, expiresAt: said.expiresAt };
  }

  async function findAnew(
    place: string,
    kind: CredentialKind,
    credential: string,
    isUse: boolean,
    from: number,
  ): Promise<Principal | null> {
    const generation = cache;
    const found = await lookUp(kind, credential, isUse);
    if (!found) {
      cache.delete(place);
      return null;
    }
    // A revocation during the look-up has replaced the cache; what was read before it must not stay.
    if (generation === cache) {
      if (cache.size >= cacheSize) cache.clear();
      cache.set(place, { ...found, from });
    }
    return found.principal;
  }

  function find(
    kind: CredentialKind,
    credential: string,
    isUse: boolean,
  ): Principal | Promise<Principal | null> {
    const at = now();
    // A key in a cookie is no session: what was found as the one is not known as the other. Nor does
    // what was found without a use stand for one.
    const place = `${kind} ${isUse ? "use" : "look"} ${credential}`;
    const known = cache.get(place);
    if (known && isFresh(known.from, at) && !(known.expiresAt && known.expiresAt <= at)) {
      return known.principal;
    }
    const running = underWay.get(place);
    if (running && isFresh(running.from, at)) return running.found;
    const [mine, from] = [underWay, at.getTime()];
    const found = findAnew(place, kind, credential, isUse, from).finally(() => {
      if (mine.get(place)?.found === found) mine.delete(place);
    });
    mine.set(place, { from, found });
    return found;
  }

  return {
    async identify({ cookieToken, bearer, address, origin }, isUse = true) {
      if (bearer !== undefined) {
        if (looksLikeJwt.test(bearer)) {
          const user = await find("accessToken", bearer, isUse);
          return user ?? { kind: "anonymous", refusal: "invalid_access_token" };
        }
        const principal = await find("apiKey", bearer, isUse);
        if (principal?.kind !== "apiKey") {
          return principal ?? { kind: "anonymous", refusal: "invalid_api_key" };
        }
        const { keyId, userId, origins } = principal;
        const tried = { keyId, userId };
        if (!isAddressAllowed(address, principal.allowedCidrs)) {
          return { kind: "anonymous", refusal: "address_not_allowed", tried };
        }
        if (origins.length > 0 && (origin === undefined || !origins.includes(origin))) {
          return { kind: "anonymous", refusal: "origin_not_allowed", tried };
        }
        noteUse(principal, address);
        return principal;
      }
      if (cookieToken === undefined) return { kind: "anonymous" };
      const principal = await find("cookie", cookieToken, isUse);
      if (principal) return principal;
      return { kind: "anonymous", refusal: "not_signed_in", isLate: wasRenewed(cookieToken) };
    },
    noteRenewed(sessionId) {
      const at = performance.now();
      for (const [id, since] of renewed) {
        if (at - since >= renewedMilliseconds) renewed.delete(id);
      }
      renewed.set(sessionId, at);
    },
    forget() {
      cache = new Map();
      // Who comes after a revocation must not be told what was read before it.
      underWay = new Map();
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
