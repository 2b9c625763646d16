import { type Upload, type UploadType, uploadTypes } from "@muniment/shared/uploads.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { download, requireGet } from "./download.ts";
import { type Route, sendJson, setHeader } from "./exchange.ts";
import { procedureAt } from "./procedures.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const start = "/api/v1/uploads/";

const contentType = (type: UploadType) =>
  type.startsWith("text/") ? `${type}; charset=utf-8` : type;

/** Gives a file back to its owner, as an attachment that no browser runs or shows as a page of ours. */
export function uploadRoutes(deps: Deps): Route[] {
  const get = procedureAt("uploads.get");

  return [
    {
      method: "GET",
      path: `${start}*`,
      async answer(exchange) {
        const ctx = createContext(deps, exchange);
        let leave = () => {};
        try {
          const outcome = await settle(ctx, get.path, async () => {
            requireGet(exchange);
            const input = { id: exchange.path.slice(start.length) };
            const known = (await get.call(ctx, async () => input, undefined, 0)) as Upload;
            const principal = await ctx.identify();
            if (principal.kind !== "user") throw new Error("a file that nobody asked for");
            leave = deps.downloadSlots.enter(principal.userId);
            const bytes = await deps.files.read(principal.userId, known.id);
            if (!bytes) throw new AppError("not_found", "There is no such file.");
            return { known, bytes };
          });
          setHeaders(exchange, ctx.response);
          if (!outcome.ok) {
            setRetryAfter(exchange, [outcome.error]);
            const error = JSON.stringify(plainError(outcome.error, exchange.id));
            return sendJson(exchange, outcome.status, error);
          }
          const { known, bytes } = outcome.data;
          // Beside the policy that all answers have: a browser holds to both.
          exchange.headers.push("content-security-policy", "sandbox; default-src 'none'");
          setHeader(exchange, "cross-origin-resource-policy", "same-origin");
          const name = `upload-${known.id}.${uploadTypes[known.type][0]}`;
          const file = { type: contentType(known.type), name, bytes: bytes.length };
          await download(exchange, ctx, file, (put) => put(bytes));
        } finally {
          leave();
        }
      },
    },
  ];
}
