import type { FastifyInstance } from "fastify";
import type { Deps } from "../deps.ts";
import { openApiDocument } from "../openapi/document.ts";
import { procedureAt } from "./procedures.ts";

/** The description of the REST routes; in production only where `API_DOCS=on`. */
export function addOpenApiRoute(app: FastifyInstance, { config }: Deps): void {
  if (!config.apiDocs) return;
  const body = JSON.stringify(openApiDocument(config, procedureAt));
  app.get("/api/openapi.json", async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(body),
  );
}
