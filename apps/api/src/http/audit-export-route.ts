import { can } from "@muniment/shared/permissions.ts";
import { readCosignedCheckpoint } from "../audit/checkpoints.ts";
import { readEvidence } from "../audit/evidence.ts";
import { writeEvidencePage } from "../audit/evidence-page.ts";
import { auditExportPath, readTicket, spendTicket, type Ticket } from "../audit/export-ticket.ts";
import { writeAuditLines } from "../audit/write-export.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { refuseOver } from "../trpc/limited.ts";
import { plainError, setHeaders, setRetryAfter } from "./answer.ts";
import { download, requireGet } from "./download.ts";
import { type Route, sendJson } from "./exchange.ts";
import { createContext } from "./request-facts.ts";
import { settle } from "./trpc-call.ts";

const files = {
  html: { type: "text/html; charset=utf-8", suffix: "html" },
  json: { type: "application/json; charset=utf-8", suffix: "json" },
  ndjson: { type: "application/x-ndjson; charset=utf-8", suffix: "ndjson" },
  csv: { type: "text/csv; charset=utf-8", suffix: "csv" },
  ocsf: { type: "application/x-ndjson; charset=utf-8", suffix: "ocsf.ndjson" },
} as const;

/** They are built in memory, of up to 10,000 entries; the others are streamed. */
const isBuilt = ({ format }: Ticket) => format === "html" || format === "json";

type Put = (part: Buffer) => Promise<void>;

/** Makes a file of entries ready to be written; what can fail does so before the answer begins. */
async function prepare(deps: Deps, webDirectory: string | null, { format, from, to }: Ticket) {
  const { database, dataKeys: keys, secrets } = deps;
  const sql = database.audit;
  const checkpoint = await readCosignedCheckpoint(sql, to, secrets.auditSigning);
  if (!checkpoint) throw new AppError("not_found", "The audit log has not so many entries.");
  if (format !== "html" && format !== "json") {
    const { origin } = checkpoint;
    return (put: Put) => writeAuditLines({ sql, keys, origin }, { format, from, to }, put);
  }
  const evidence = await readEvidence(sql, keys, checkpoint, secrets.auditSigning, from, to);
  if (format === "json") {
    return (put: Put) => put(Buffer.from(`${JSON.stringify(evidence)}\n`));
  }
  if (webDirectory === null)
    throw new AppError("not_found", "This server was built without pages.");
  const page = await writeEvidencePage(webDirectory, evidence);
  return (put: Put) => put(Buffer.from(page));
}

/** Downloads of the audit log, for a ticket and in the session of whom it was given to. */
export function auditExportRoutes(deps: Deps, webDirectory: string | null): Route[] {
  return [
    {
      method: "GET",
      path: `${auditExportPath}*`,
      async answer(exchange) {
        const ctx = createContext(deps, exchange);
        let leave = () => {};
        try {
          const outcome = await settle(ctx, "audit.export", async () => {
            requireGet(exchange);
            const principal = await ctx.identify();
            if (principal.kind !== "user") throw new AppError("not_signed_in", "Sign in.");
            refuseOver(ctx, await deps.limits.consume("general_user", principal.userId));
            if (!can(principal.role, "audit:read")) {
              throw new AppError("not_permitted", "Your role does not allow this.");
            }
            const text = exchange.path.slice(auditExportPath.length);
            const ticket = readTicket(deps.secrets.cursor, principal.userId, text, deps.now());
            if (isBuilt(ticket)) leave = deps.auditExportSlots.enter(principal.userId);
            const write = await prepare(deps, webDirectory, ticket);
            // After all that may be refused for now: who is told to come again can.
            await spendTicket(deps.database, principal.userId, ticket, deps.now());
            return { ticket, write };
          });
          setHeaders(exchange, ctx.response);
          if (!outcome.ok) {
            setRetryAfter(exchange, [outcome.error]);
            const error = JSON.stringify(plainError(outcome.error, exchange.id));
            return sendJson(exchange, outcome.status, error);
          }
          const { ticket, write } = outcome.data;
          const { type, suffix } = files[ticket.format];
          const name = `audit-log-${ticket.from}-${ticket.to - 1}.${suffix}`;
          await download(exchange, ctx, { type, name }, write);
        } finally {
          leave();
        }
      },
    },
  ];
}
