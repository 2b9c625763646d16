import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import type { Principal } from "../identity/principal.ts";
import type { RequestFacts } from "../trpc/context.ts";
import type { Sightings } from "./sightings.ts";

type Noted = Pick<Sightings, "note" | "hashed">;
type Facts = Pick<RequestFacts, "id" | "address" | "bearer" | "cookieToken">;

const wrongTokens: ReadonlySet<ErrorReason> = new Set([
  "invalid_token",
  "invalid_access_token",
  "not_signed_in",
]);

/** Notes what was wrong with a credential, or with what was asked for under one that was right. */
export function noteRefusal(
  sightings: Noted,
  principal: Principal,
  { id, address, bearer, cookieToken }: Facts,
  reason: ErrorReason,
): void {
  if (principal.kind === "user") {
    const { email, userId } = principal;
    if (reason === "not_permitted") {
      sightings.note({ signal: "not_permitted", address, email, userId });
    }
    return;
  }
  if (principal.kind === "apiKey") {
    const { keyId: subject, userId } = principal;
    if (reason === "missing_scope") {
      sightings.note({ signal: "key_overreach", address, subject, userId });
    }
    return;
  }
  const { refusal, isLate, tried } = principal;
  if (tried && refusal === reason) {
    const signal = reason === "invalid_api_key" ? "key_dead" : "key_elsewhere";
    sightings.note({ signal, address, subject: tried.keyId, userId: tried.userId });
  } else if (reason === "invalid_api_key" && bearer !== undefined) {
    sightings.note({ signal: "key_unknown", address, subject: sightings.hashed(bearer) });
  } else if (wrongTokens.has(reason) && !isLate) {
    // Whoever brings nothing has guessed nothing; of a link that is wrong each try is another.
    const tried = reason === "invalid_token" ? id : (bearer ?? cookieToken);
    if (tried !== undefined) {
      sightings.note({ signal: "token_wrong", address, subject: sightings.hashed(tried) });
    }
  }
}
