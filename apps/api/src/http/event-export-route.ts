import { type EventExport, exportIdInput } from "@muniment/shared/exports.ts";
import type { Deps } from "../deps.ts";
import { beginExport, runExport } from "../features/exports/run-export.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { download, requireGet } from "./download.ts";
import { type Route, sendJson } from "./exchange.ts";
import { procedureAt } from "./procedures.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const start = "/api/v1/exports/";
const types = { ndjson: "application/x-ndjson", csv: "text/csv" } as const;

function fileOf({ format, createdAt }: EventExport) {
  const name = `events-${createdAt.slice(0, 19).replaceAll(":", "")}.${format}`;
  return { type: `${types[format]}; charset=utf-8`, name };
}

/** Streams an export that its owner has just been allowed, as fast as it is read. */
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
            return { known, principal, row: await beginExport(deps, principal, id) };
          });
          setHeaders(exchange, ctx.response);
          if (!outcome.ok) {
            setRetryAfter(exchange, [outcome.error]);
            const error = JSON.stringify(plainError(outcome.error, exchange.id));
            return sendJson(exchange, outcome.status, error);
          }
          const { known, principal, row } = outcome.data;
          const write = (put: (part: Buffer) => Promise<void>) =>
            runExport(deps, principal, row, put);
          await download(exchange, ctx, fileOf(known), write);
        } finally {
          leave();
        }
      },
    },
  ];
}
