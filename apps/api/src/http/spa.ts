import { existsSync } from "node:fs";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { AppError } from "../errors.ts";
import { plainError } from "./answer.ts";

const nothingHere = () => new AppError("not_found", "There is nothing here.");

/** The SPA's files, its page for every client route, and 404 for everything else. */
export async function addSpa(app: FastifyInstance, directory: string | null): Promise<void> {
  const hasPages = directory !== null && existsSync(directory);
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
    const isApi = /^\/(?:api|trpc|audit)\//.test(request.url);
    if (hasPages && isPage && !isApi) return reply.sendFile("index.html");
    return reply.code(404).send(plainError(nothingHere(), request.id));
  });
  if (!hasPages) return;
  await app.register(fastifyStatic, {
    root: directory,
    index: false,
    wildcard: true,
    // Set below, per file: the plugin's own header would win.
    cacheControl: false,
    setHeaders(reply, path) {
      const forever = path.includes("/assets/");
      reply.header("cache-control", forever ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  app.get("/", (_request, reply) => reply.sendFile("index.html"));
}
