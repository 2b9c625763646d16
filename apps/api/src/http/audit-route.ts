import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { parseTilePath } from "@muniment/verify/tile-path.ts";
import {
  readCheckpoint,
  readWithCosignatures,
  type SignedCheckpoint,
} from "../audit/checkpoints.ts";
import { createNoteSigner } from "../audit/note-signer.ts";
import { readHashes, tileHeight } from "../audit/tree.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { clientKey } from "../limits/client-key.ts";
import { refuseOver } from "../trpc/limited.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { type Exchange, type Route, send, sendJson, setHeader } from "./exchange.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const forSeconds = "public, max-age=1";
const forEver = "public, max-age=31536000, immutable";

type Content = { type: string; cache: string; body: string | Buffer };

const nothingHere = () => new AppError("not_found", "There is nothing here.");
const text = (body: string): Content => ({
  type: "text/plain; charset=utf-8",
  cache: forSeconds,
  body,
});

/** Reads a tile of the log as the checkpoint has it. */
async function readTile(deps: Deps, path: string, { size }: SignedCheckpoint): Promise<Content> {
  const tile = parseTilePath(path);
  if (!tile) throw nothingHere();
  const { level, index, width } = tile;
  const first = index * 2 ** tileHeight;
  // A hash stands in a tile once its subtree is complete.
  if (first + width > Math.floor(size / 2 ** (level * tileHeight))) throw nothingHere();
  const read = await readHashes(deps.database.audit, [{ level, first, count: width }]);
  return { type: "application/octet-stream", cache: forEver, body: Buffer.concat(read) };
}

/**
 * The audit log for everybody, as https://c2sp.org/tlog-tiles has it: signed checkpoints, hashes and
 * the keys to verify with. Never the contents of an entry.
 */
export function auditRoutes(deps: Deps): Route[] {
  const route = (
    path: string,
    read: (checkpoint: SignedCheckpoint, exchange: Exchange) => Content | Promise<Content>,
  ): Route => ({
    method: "GET",
    path,
    async answer(exchange) {
      const ctx = createContext(deps, exchange, false);
      const outcome = await settle(ctx, "audit", async () => {
        const key = clientKey(ctx.request.address);
        refuseOver(ctx, await deps.limits.consume("general_address", key));
        const checkpoint = await readCheckpoint(deps.database.audit);
        if (!checkpoint) throw nothingHere();
        return read(checkpoint, exchange);
      });
      setHeaders(exchange, ctx.response);
      if (!outcome.ok) {
        setRetryAfter(exchange, [outcome.error]);
        const error = JSON.stringify(plainError(outcome.error, exchange.id));
        return sendJson(exchange, outcome.status, error);
      }
      const { type, cache, body } = outcome.data;
      setHeader(exchange, "cache-control", cache);
      send(exchange, 200, type, body);
    },
  });

  return [
    route("/audit/checkpoint", async (checkpoint) =>
      text(await readWithCosignatures(deps.database.audit, checkpoint)),
    ),
    route("/audit/keys", ({ origin }) => {
      const { keys } = createNoteSigner(deps.secrets.auditSigning, origin);
      return text(keys.map((key) => `${formatVerifierKey(key)}\n`).join(""));
    }),
    route("/audit/tile/*", (checkpoint, { path }) =>
      readTile(deps, path.slice("/audit/tile/".length), checkpoint),
    ),
  ];
}
