import { existsSync } from "node:fs";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** The SPA's files, and its page for every client route. */
export async function addSpa(app: FastifyInstance, directory: string | null): Promise<void> {
  if (directory === null || !existsSync(directory)) return;
  await app.register(fastifyStatic, {
    root: directory,
    index: false,
    wildcard: true,
    // Set below, per file: the plugin's own header would win.
    cacheControl: false,
    setHeaders(reply, path) {
      const forever = path.includes("/assets/");
      reply.setHeader(
        "cache-control",
        forever ? "public, max-age=31536000, immutable" : "no-cache",
      );
    },
  });
  app.get("/", (_request, reply) => reply.sendFile("index.html"));
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
    const isApi = /^\/(?:api|trpc|audit)\//.test(request.url);
    if (isPage && !isApi) return reply.sendFile("index.html");
    return reply.code(404).send({
      error: {
        code: "NOT_FOUND",
        reason: "not_found",
        message: "There is nothing here.",
        requestId: request.id,
      },
    });
  });
}
