import type { FastifyInstance } from "fastify";
import type { Deps } from "../deps.ts";

/** `/healthz`: the process answers. `/readyz`: started, and the database can be used, so calls will succeed. */
export function addHealthRoutes(app: FastifyInstance, deps: Deps): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    if (!deps.started) return reply.code(503).send({ status: "unavailable", reason: "starting" });
    if (deps.health.available) return { status: "ready" };
    return reply.code(503).send({ status: "unavailable", reason: "database_unavailable" });
  });
}
