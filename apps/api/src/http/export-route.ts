import { createHash } from "node:crypto";
import { exportPieces, exports } from "@muniment/db/schema/exports.ts";
import { and, eq, gt } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { deriveKey, openBytes } from "../encryption.ts";
import { AppError } from "../errors.ts";
import { piecePlace } from "../own-data/export-job.ts";
import { refuseOver } from "../trpc/limited.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { download, requireGet } from "./download.ts";
import { type Route, sendJson } from "./exchange.ts";
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

/** The pieces of a copy, one after another. */
async function* readPieces({ database, dataKeys }: Deps, userId: string, id: string) {
  const key = await dataKeys.keyFor(userId, `export:${id}`);
  if (!key) throw nothingHere();
  for (let place = 0; ; place += 1) {
    const [piece] = await database
      .reads({ userId })
      .select({ sealed: exportPieces.sealed })
      .from(exportPieces)
      .where(and(eq(exportPieces.exportId, id), eq(exportPieces.place, place)));
    if (!piece) return;
    const label = piecePlace(id, place);
    yield openBytes(deriveKey(key, label), Buffer.from(piece.sealed), label);
  }
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
          requireGet(exchange);
          const principal = await ctx.identify();
          if (principal.kind !== "user") throw new AppError("not_signed_in", "Sign in.");
          refuseOver(ctx, await deps.limits.consume("general_user", principal.userId));
          return takeTicket(deps, principal.userId, exchange.path.slice(prefix.length));
        });
        setHeaders(exchange, ctx.response);
        if (!outcome.ok) {
          setRetryAfter(exchange, [outcome.error]);
          const error = JSON.stringify(plainError(outcome.error, exchange.id));
          return sendJson(exchange, outcome.status, error);
        }
        const { id, userId, sizeBytes, requestedAt } = outcome.data;
        const name = `muniment-${requestedAt.toISOString().slice(0, 10)}.zip`;
        const file = { type: "application/zip", name, bytes: sizeBytes };
        await download(exchange, ctx, file, async (put) => {
          for await (const piece of readPieces(deps, userId, id)) await put(piece);
        });
      },
    },
  ];
}
