import type { SentEvent } from "@muniment/shared/sent-event.ts";
import { AppError } from "../errors.ts";
import type { RefusedByIndex, RefusedUnread } from "../http/large-batch.ts";
import { shapeOf, skipSpace } from "../json-shape.ts";
import { fromAttributes, type Json, listOf } from "./any-value.ts";
import { isRecord, RecordError } from "./record-error.ts";
import { type Source, toEvent } from "./to-event.ts";

/** A log record with what it came from; not looked at yet. */
export type Placed = { record: unknown; source: Source };

/** More than a collector's default batch of 8,192. */
const maxRecords = 10_000;
/** What parsing costs, in memory above all, goes by the number of values. */
const maxTokens = 4_200_000;
const maxDepth = 100;

const invalid = (message: string, cause?: unknown) =>
  new AppError("invalid_input", message, { cause });

/** A scope as props: its name and version beside its attributes. */
function scopeOf(scope: unknown): Json {
  if (!isRecord(scope)) return {};
  const attributes = fromAttributes(listOf(scope, "attributes"));
  const named: Json = {};
  for (const field of ["name", "version"]) if (scope[field]) named[field] = scope[field];
  return Object.keys(attributes).length > 0 ? { ...named, attributes } : named;
}

function readAll(request: unknown): Placed[] {
  const placed: Placed[] = [];
  for (const ofResource of listOf(request, "resourceLogs")) {
    const scopes = listOf(ofResource, "scopeLogs");
    const { resource } = ofResource as { resource?: unknown };
    const resourceProps = fromAttributes(resource ? listOf(resource, "attributes") : []);
    for (const ofScope of scopes) {
      const records = listOf(ofScope, "logRecords");
      const scope = scopeOf((ofScope as { scope?: unknown }).scope);
      const source = { resource: resourceProps, scope };
      for (const record of records) placed.push({ record, source });
    }
  }
  return placed;
}

/**
 * The log records of an ExportLogsServiceRequest in the JSON form of OTLP 1.
 * @throws AppError `invalid_json`, `invalid_input`, `body_too_large`
 */
export function readExportRequest(text: string): Placed[] {
  const { end, depth, tokens } = shapeOf(text, skipSpace(text, 0));
  if (skipSpace(text, end) !== text.length) {
    throw new AppError("invalid_json", "The text is not JSON.");
  }
  if (depth > maxDepth) throw invalid("The request is nested too deep.");
  if (tokens > maxTokens) throw new AppError("body_too_large", "The request has too many values.");
  try {
    const placed = readAll(JSON.parse(text));
    if (placed.length <= maxRecords) return placed;
    throw new AppError("body_too_large", `A request has at most ${maxRecords} log records.`);
  } catch (error) {
    if (error instanceof RecordError) throw invalid(error.message, error);
    throw error;
  }
}

/** An event of each record, or null where there is in `refused` why it cannot be one. */
export type Converted = { events: (SentEvent | null)[]; refused: RefusedByIndex };

/** Makes events of the records of one request, part by part. */
export function createConverter(owner: string) {
  const seen = new Map<string, number>();
  const countEqual = (digest: string) => {
    const before = seen.get(digest) ?? 0;
    seen.set(digest, before + 1);
    return before;
  };
  return (placed: readonly Placed[]): Converted => {
    const refused = new Map<number, RefusedUnread>();
    const events = placed.map(({ record, source }, index) => {
      try {
        return toEvent(record, source, owner, countEqual);
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        refused.set(index, { reason: "invalid_event", message: error.message });
        return null;
      }
    });
    return { events, refused };
  };
}
