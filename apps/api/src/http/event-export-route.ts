import { type EventExport, exportIdInput } from "@muniment/shared/exports.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { beginExport, runExport } from "../features/exports/run-export.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { download, requireGet } from "./download.ts";
import { type Exchange, type Route, sendJson } from "./exchange.ts";
import { procedureAt } from "./procedures.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const start = "/api/v1/exports/";
const types = { ndjson: "application/x-ndjson", csv: "text/csv" } as const;

function fileOf({ format, createdAt }: EventExport) {
  const name = `events-${createdAt.slice(0, 19).replaceAll(":", "")}.${format}`;
  return { type: `${types[format]}; charset=utf-8`, name };
}

/** Where to go on with an export that broke off; null where that is not asked for. */
function offsetOf({ search }: Exchange): number | null {
  const offset = new URLSearchParams(search).get("offset");
  if (offset === null) return null;
  if (/^\d{1,15}$/.test(offset)) return Number(offset);
  throw new AppError("invalid_input", "offset: a number of bytes is expected.");
}

/** Streams an export that its owner has just been allowed, or the rest of it, as fast as it is read. */
export function eventExportRoutes(deps: Deps): Route[] {
  const get = procedureAt("exports.get");
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
            const known = (await get.call(ctx, async () => input, undefined, 0)) as EventExport;
            const principal = await ctx.identify();
            if (principal.kind !== "user") throw new Error("an export that nobody asked for");
            const { id } = exportIdInput.parse(input);
            leave = deps.eventExportSlots.enter(principal.userId);
            const offset = offsetOf(exchange);
            const row = await beginExport(deps, principal, id, offset);
            return { known, principal, row, offset: offset ?? 0 };
          });
          setHeaders(exchange, ctx.response);
          if (!outcome.ok) {
            setRetryAfter(exchange, [outcome.error]);
            const error = JSON.stringify(plainError(outcome.error, exchange.id));
            return sendJson(exchange, outcome.status, error);
          }
          const { known, principal, row, offset } = outcome.data;
          const write = (put: (part: Buffer) => Promise<void>) =>
            runExport(deps, principal, row, offset, put);
          await download(exchange, ctx, fileOf(known), write);
        } finally {
          leave();
        }
      },
    },
  ];
}
