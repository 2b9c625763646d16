import type { FastifyInstance } from "fastify";
import type { Deps } from "../deps.ts";

/** The keys that verify access tokens (RFC 7517). They change only when the server is restarted. */
export function addJwksRoute(app: FastifyInstance, { accessTokens }: Deps): void {
  const body = JSON.stringify(accessTokens.keys);
  app.get("/.well-known/jwks.json", async (_request, reply) =>
    reply.type("application/json").header("cache-control", "public, max-age=300").send(body),
  );
}
