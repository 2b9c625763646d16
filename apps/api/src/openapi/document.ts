import { eventPage, receipt, searchEventsInput } from "@muniment/shared/events.ts";
import { sentBatch } from "@muniment/shared/sent-event.ts";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { CallableProcedure } from "../http/procedures.ts";
import { event, page, query, receiptOf, sent } from "./examples.ts";
import { commonReasons, ingestOperation, type Operation, searchOperation } from "./operations.ts";
import { errorSchema, headers, refusals, success } from "./responses.ts";

/** OpenAPI 3.1 has the dialect that zod writes, and names it once for the whole document. */
function jsonSchema(schema: z.ZodType, io: "input" | "output") {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

/** Who may call, as the procedure's own policy says. */
function security({ meta }: CallableProcedure) {
  const scope = meta.permission ? [meta.permission] : [];
  if (meta.auth === "apiKey") return [{ apiKey: scope }];
  return [{ apiKey: scope }, { accessToken: [] }, { session: [] }];
}

/** The fields of the search as query parameters: lists separated by commas, `props` as JSON. */
function searchParameters() {
  const { properties = {} } = jsonSchema(searchEventsInput.unwrap(), "input");
  return Object.entries(properties).map(([name, schema]) => {
    const base = { name, in: "query", required: false };
    const { example } = query[name] ?? {};
    const description = query[name]?.description;
    const told = { ...base, ...(description ? { description } : {}) };
    if (name === "props") return { ...told, content: { "application/json": { schema, example } } };
    const isList = typeof schema === "object" && schema.type === "array";
    const shape = isList ? { style: "form", explode: false } : {};
    return { ...told, ...shape, schema, ...(example === undefined ? {} : { example }) };
  });
}

function describe(operation: Operation, procedure: CallableProcedure, rest: object) {
  const { operationId, summary, description, reasons } = operation;
  const { responses, ...more } = rest as { responses: object };
  return {
    [operation.method]: {
      operationId,
      summary,
      description,
      tags: ["events"],
      security: security(procedure),
      ...more,
      responses: { ...responses, ...refusals([...commonReasons, ...reasons]) },
    },
  };
}

/** The REST routes in the words of OpenAPI 3.1, made of the procedures and schemas that serve them. */
export function openApiDocument(
  { publicUrl }: Pick<Config, "publicUrl">,
  procedureAt: (path: string) => CallableProcedure,
) {
  const ingest = describe(ingestOperation, procedureAt(ingestOperation.procedure), {
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: { $ref: "#/components/schemas/Batch" },
          example: { events: [sent] },
        },
      },
    },
    responses: {
      200: success("What became of every event.", "Receipt", receiptOf),
    },
  });
  const search = describe(searchOperation, procedureAt(searchOperation.procedure), {
    parameters: searchParameters(),
    responses: { 200: success("A page of events.", "EventPage", page([event])) },
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "Muniment",
      version: "1",
      summary: "Send events and search them.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: publicUrl.origin }],
    tags: [{ name: "events", description: "Things that happened, sent by agents." }],
    paths: { [ingestOperation.path]: { ...ingest, ...search } },
    components: {
      securitySchemes: {
        apiKey: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "mnt_…",
          description: "An agent's API key, with the scope that the operation names.",
        },
        accessToken: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "An access token of tokens.issue, for programs that act as their user.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: publicUrl.protocol === "https:" ? "__Host-muniment_session" : "muniment_session",
          description: "The cookie of a browser that is signed in.",
        },
      },
      headers,
      schemas: {
        Batch: jsonSchema(sentBatch, "input"),
        Receipt: jsonSchema(receipt, "output"),
        EventPage: jsonSchema(eventPage, "output"),
        Error: errorSchema,
      },
    },
  };
}
