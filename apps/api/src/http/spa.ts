import { existsSync } from "node:fs";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { AppError } from "../errors.ts";
import { plainError } from "./answer.ts";

const nothingHere = () => new AppError("not_found", "There is nothing here.");

/** Nothing below these is a page, whatever is accepted. */
const noPages = /^\/(?:(?:api|trpc|v1|assets|\.well-known)(?:[/?]|$)|audit\/|metrics(?:\?|$))/;
/** The addresses of our pages are words and ids; anything else that is missing is a missing file. */
const pageAddress = /^(?:\/[\w-]+)+\/?(?:\?|$)/;

/** Whether the page of the SPA answers: always where HTML is asked for, else where no file is meant. */
function asksForPage({ method, url, headers }: FastifyRequest): boolean {
  if ((method !== "GET" && method !== "HEAD") || noPages.test(url)) return false;
  const { accept = "*/*" } = headers;
  return accept.includes("text/html") || (accept.includes("*/*") && pageAddress.test(url));
}

/** The SPA's files, its page for every client route, and 404 for everything else. */
export async function addSpa(app: FastifyInstance, directory: string | null): Promise<void> {
  const hasPages = directory !== null && existsSync(directory);
  app.setNotFoundHandler((request, reply) => {
    if (hasPages && asksForPage(request)) return reply.sendFile("index.html");
    return reply.code(404).send(plainError(nothingHere(), request.id));
  });
  if (!hasPages) return;
  await app.register(fastifyStatic, {
    root: directory,
    index: false,
    wildcard: true,
    // The build lays a packed `.gz` beside each (scripts/build.mjs).
    preCompressed: true,
    // Set below, per file: the plugin's own header would win.
    cacheControl: false,
    setHeaders(reply, path) {
      const forever = path.includes("/assets/");
      reply.header("cache-control", forever ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  app.get("/", (_request, reply) => reply.sendFile("index.html"));
}
