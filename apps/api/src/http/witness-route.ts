import { createHash } from "node:crypto";
import { witnessedLogs } from "@muniment/db/schema/witnesses.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { isNotNull } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { clientKey } from "../limits/client-key.ts";
import type { Context } from "../trpc/context.ts";
import { refuseOver } from "../trpc/limited.ts";
import { addCheckpoint } from "../witnesses/add-checkpoint.ts";
import { ownCosigner } from "../witnesses/own-witness.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { bodyOf, readBytes } from "./body.ts";
import { type Exchange, type Route, send, sendJson } from "./exchange.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

/** 63 hashes and a checkpoint with as many signatures as a note may have. */
const maxSubmissionBytes = 32_768;
const plainText = "text/plain; charset=utf-8";

type Content = { status: number; type: string; body: string };
const text = (body: string): Content => ({ status: 200, type: plainText, body });

const nothingHere = () => new AppError("not_found", "There is nothing here.");

async function submit(deps: Deps, exchange: Exchange, ctx: Context): Promise<Content> {
  const { database, now } = deps;
  const submitted = (await readBytes(await bodyOf(exchange, ctx), maxSubmissionBytes)).toString(
    "utf8",
  );
  const answer = await addCheckpoint(
    { database, now, cosigner: await ownCosigner(deps) },
    submitted,
  );
  if (answer.status === 200) return text(answer.lines);
  if (answer.status === 409) {
    return { status: 409, type: "text/x.tlog.size", body: `${answer.size}\n` };
  }
  return { status: answer.status, type: plainText, body: `${answer.why}\n` };
}

/** The newest checkpoint that was cosigned of the log whose origin has the hash. */
async function readCosigned({ database }: Deps, originHash: string): Promise<Content> {
  const rows = await database
    .reads({})
    .select({ origin: witnessedLogs.origin, note: witnessedLogs.note })
    .from(witnessedLogs)
    .where(isNotNull(witnessedLogs.note));
  const known = rows.find(
    ({ origin }) => createHash("sha256").update(origin).digest("hex") === originHash,
  );
  if (!known?.note) throw nothingHere();
  return text(known.note);
}

async function readBelow(deps: Deps, path: string): Promise<Content> {
  if (path === "keys") {
    const { keys } = await ownCosigner(deps);
    return text(keys.map((key) => `${formatVerifierKey(key)}\n`).join(""));
  }
  const [, hash] = /^([0-9a-f]{64})\/checkpoint$/.exec(path) ?? [];
  if (hash === undefined) throw nothingHere();
  return readCosigned(deps, hash);
}

/**
 * This installation as a witness of other logs, https://c2sp.org/tlog-witness. Whoever submits is known
 * by the signature on the checkpoint alone.
 */
export function witnessRoutes(deps: Deps): Route[] {
  const route = (
    method: Route["method"],
    path: string,
    read: (exchange: Exchange, ctx: Context) => Promise<Content>,
  ): Route => ({
    method,
    path,
    async answer(exchange) {
      const ctx = createContext(deps, exchange, false);
      const outcome = await settle(ctx, "witness", async () => {
        const key = clientKey(ctx.request.address);
        refuseOver(ctx, await deps.limits.consume("general_address", key));
        return read(exchange, ctx);
      });
      setHeaders(exchange, ctx.response);
      if (!outcome.ok) {
        setRetryAfter(exchange, [outcome.error]);
        const error = JSON.stringify(plainError(outcome.error, exchange.id));
        return sendJson(exchange, outcome.status, error);
      }
      const { status, type, body } = outcome.data;
      send(exchange, status, type, body);
    },
  });
  return [
    route("POST", "/witness/add-checkpoint", (exchange, ctx) => submit(deps, exchange, ctx)),
    route("GET", "/witness/*", ({ path }) => readBelow(deps, path.slice("/witness/".length))),
  ];
}
