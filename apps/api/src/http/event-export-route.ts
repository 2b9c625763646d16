import { once } from "node:events";
import { type EventExport, exportIdInput } from "@muniment/shared/exports.ts";
import type { Deps } from "../deps.ts";
import { beginExport, runExport } from "../features/exports/run-export.ts";
import { rightsOf } from "../identity/principal.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { abortOnClose, type Exchange, type Route, sendJson } from "./exchange.ts";
import { procedureAt } from "./procedures.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const start = "/api/v1/exports/";
const types = { ndjson: "application/x-ndjson", csv: "text/csv" } as const;

/** As an attachment of a name of ours, so that no browser shows what an agent sent as a page. */
function begin({ response, headers }: Exchange, { format, createdAt }: EventExport): void {
  const name = `events-${createdAt.slice(0, 19).replaceAll(":", "")}.${format}`;
  headers.push("content-type", `${types[format]}; charset=utf-8`);
  headers.push("content-disposition", `attachment; filename="${name}"`);
  response.writeHead(200, headers);
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
        const outcome = await settle(ctx, get.path, async () => {
          const input = { id: exchange.path.slice(start.length) };
          const known = (await get.call(ctx, async () => input, undefined, 0)) as EventExport;
          const principal = await ctx.identify();
          if (principal.kind !== "user") throw new Error("an export that nobody asked for");
          const { id } = exportIdInput.parse(input);
          return { known, principal, row: await beginExport(deps, principal, id) };
        });
        setHeaders(exchange, ctx.response);
        if (!outcome.ok) {
          setRetryAfter(exchange, [outcome.error]);
          const error = JSON.stringify(plainError(outcome.error, exchange.id));
          return sendJson(exchange, outcome.status, error);
        }
        const { known, principal, row } = outcome.data;
        const { response } = exchange;
        const gone = abortOnClose(exchange);
        begin(exchange, known);
        const write = async (bytes: Buffer) => {
          gone.throwIfAborted();
          if (!response.write(bytes)) await once(response, "drain", { signal: gone });
        };
        const stillAllowed = async () => {
          const now = await deps.identities.identify(ctx.request, false);
          return !deps.stopping.aborted && rightsOf(now) === rightsOf(principal);
        };
        try {
          await runExport(deps, principal, row, write, stillAllowed);
          response.end();
        } catch (error) {
          deps.log.debug({ err: error, requestId: exchange.id }, "an export was broken off");
          response.destroy();
        }
      },
    },
  ];
}
