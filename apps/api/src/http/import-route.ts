import type { EventImport } from "@muniment/shared/imports.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { rejectsAsCsv } from "../features/imports/read-rejects.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { bodyOf, readBytes } from "./body.ts";
import { download, requireGet } from "./download.ts";
import { type Exchange, type Route, sendJson } from "./exchange.ts";
import { bodyBytesOf, procedureAt } from "./procedures.ts";
import { createContext, requireSameCaller } from "./request-facts.ts";
import { type CallOutcome, settle } from "./trpc-call.ts";

const start = "/api/v1/imports/";
const ofRejects = "/rejects";

/** No form of another site can send this type. */
function requireBytes({ headers }: Exchange["request"]): void {
  const plain = (headers["content-encoding"] ?? "identity") === "identity";
  if (plain && headers["content-type"] === "application/octet-stream") return;
  throw new AppError("unsupported_content_type", "Send application/octet-stream.");
}

function refuse(exchange: Exchange, outcome: CallOutcome & { ok: false }): void {
  setRetryAfter(exchange, [outcome.error]);
  sendJson(exchange, outcome.status, JSON.stringify(plainError(outcome.error, exchange.id)));
}

/** Takes the parts of a file that was announced by `imports.create`, and gives its refused lines. */
export function importRoutes(deps: Deps): Route[] {
  const append = procedureAt("imports.append");
  const get = procedureAt("imports.get");
  return [
    {
      method: "POST",
      path: `${start}*`,
      async answer(exchange) {
        const { request } = exchange;
        const ctx = createContext(deps, exchange);
        const outcome = await settle(ctx, append.path, () => {
          const readInput = async () => {
            requireBytes(request);
            const bytes = await readBytes(await bodyOf(exchange, ctx), bodyBytesOf(append));
            await requireSameCaller(ctx);
            const offset = new URLSearchParams(exchange.search).get("offset") ?? "0";
            const id = exchange.path.slice(start.length);
            return { id, offset: /^\d{1,16}$/.test(offset) ? Number(offset) : offset, bytes };
          };
          return append.call(ctx, readInput, undefined, 0);
        });
        setHeaders(exchange, ctx.response);
        if (outcome.ok) sendJson(exchange, 200, JSON.stringify(outcome.data));
        else refuse(exchange, outcome);
      },
    },
    {
      method: "GET",
      path: `${start}*`,
      async answer(exchange) {
        const ctx = createContext(deps, exchange);
        const outcome = await settle(ctx, get.path, async () => {
          requireGet(exchange);
          if (!exchange.path.endsWith(ofRejects)) {
            throw new AppError("not_found", "There is nothing here.");
          }
          const id = exchange.path.slice(start.length, -ofRejects.length);
          return (await get.call(ctx, async () => ({ id }), undefined, 0)) as EventImport;
        });
        setHeaders(exchange, ctx.response);
        if (!outcome.ok) return refuse(exchange, outcome);
        const { id } = outcome.data;
        const principal = await ctx.identify();
        if (principal.kind !== "user") throw new Error("an import of nobody");
        const file = { type: "text/csv; charset=utf-8", name: `rejects-${id}.csv` };
        await download(exchange, ctx, file, async (put) => {
          for await (const text of rejectsAsCsv(deps, principal.userId, id)) {
            await put(Buffer.from(text));
          }
        });
      },
    },
  ];
}
