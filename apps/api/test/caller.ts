import type { Role } from "@muniment/shared/permissions.ts";
import { v7 as uuidv7 } from "uuid";
import type { UserPrincipal } from "../src/identity/principal.ts";
import type { RequestFacts } from "../src/trpc/context.ts";
import type { UserClient } from "./harness.ts";

/** A user and a request as a call of theirs from a browser has them. */
export function callerOf(
  { id, email }: UserClient,
  role: Role,
): { principal: UserPrincipal; request: RequestFacts } {
  return {
    principal: {
      kind: "user",
      via: "browser",
      userId: id,
      email,
      displayName: role,
      role,
      createdAt: new Date(),
      retentionDays: null,
      sessionId: "0".repeat(64),
      secondFactor: false,
      sessionPublicId: uuidv7(),
      authenticatedAt: new Date(),
    },
    request: {
      id: uuidv7(),
      address: "192.0.2.1",
      userAgent: "",
      origin: undefined,
      secFetchSite: undefined,
      cookieToken: undefined,
      hasSeveralCredentials: false,
      deviceTokens: [],
      bearer: undefined,
      method: "POST",
      route: "/trpc/*",
      traceparent: undefined,
      signal: new AbortController().signal,
    },
  };
}
