import { createHash } from "node:crypto";
import { once } from "node:events";
import { exportPieces, exports } from "@muniment/db/schema/exports.ts";
import { and, eq, gt } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { deriveKey, openBytes } from "../encryption.ts";
import { AppError } from "../errors.ts";
import { piecePlace } from "../own-data/export-job.ts";
import { refuseOver } from "../trpc/limited.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { type Exchange, type Route, sendJson } from "./exchange.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const prefix = "/exports/";
const nothingHere = () => new AppError("not_found", "There is nothing here, or not any more.");

/** Uses up the ticket of a link; answers the copy that it is for. */
async function takeTicket({ database, now }: Deps, userId: string, ticket: string) {
  const hash = createHash("sha256").update(ticket).digest();
  const [row] = await database.transaction({ userId }, (tx) =>
    tx
      .update(exports)
      .set({ ticketHash: null, ticketExpiresAt: null })
      .where(
        and(
          eq(exports.ticketHash, hash),
          eq(exports.userId, userId),
          gt(exports.ticketExpiresAt, now()),
          gt(exports.expiresAt, now()),
        ),
      )
      .returning(),
  );
  if (!row) throw nothingHere();
  return row;
}

/** Sends the pieces one after another, as fast as they are taken. */
async function stream(deps: Deps, exchange: Exchange, row: typeof exports.$inferSelect) {
  const { id, userId, sizeBytes } = row;
  const { response, headers } = exchange;
  const key = await deps.dataKeys.keyFor(userId, `export:${id}`);
  if (!key) throw nothingHere();
  const name = `muniment-${row.requestedAt.toISOString().slice(0, 10)}.zip`;
  headers.push("content-type", "application/zip", "content-length", String(sizeBytes));
  headers.push("content-disposition", `attachment; filename="${name}"`);
  response.writeHead(200, headers);
  for (let place = 0; !response.destroyed; place += 1) {
    const [piece] = await deps.database
      .reads({ userId })
      .select({ sealed: exportPieces.sealed })
      .from(exportPieces)
      .where(and(eq(exportPieces.exportId, id), eq(exportPieces.place, place)));
    if (!piece) break;
    const label = piecePlace(id, place);
    const bytes = openBytes(deriveKey(key, label), Buffer.from(piece.sealed), label);
    if (!response.write(bytes))
      await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
}

/** Downloads of copies of one's own data: for a single-use ticket, in its owner's session. */
export function exportRoutes(deps: Deps): Route[] {
  return [
    {
      method: "GET",
      path: `${prefix}*`,
      async answer(exchange) {
        const ctx = createContext(deps, exchange);
        const outcome = await settle(ctx, "exports", async () => {
          const principal = await ctx.identify();
          if (principal.kind !== "user") throw new AppError("not_signed_in", "Sign in.");
          refuseOver(ctx, await deps.limits.consume("general_user", principal.userId));
          return takeTicket(deps, principal.userId, exchange.path.slice(prefix.length));
        });
        setHeaders(exchange, ctx.response);
        if (outcome.ok) return stream(deps, exchange, outcome.data);
        setRetryAfter(exchange, [outcome.error]);
        sendJson(exchange, outcome.status, JSON.stringify(plainError(outcome.error, exchange.id)));
      },
    },
  ];
}
