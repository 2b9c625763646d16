import type postgres from "postgres";
import { type Parameters, type ScopedRun, setOwnScopeSql } from "./scope.ts";

/** Names by text, the same on every connection. */
const names = new Map<string, string>();
/** What is prepared on which connection, or about to be. */
const prepared = new WeakMap<postgres.Sql, Map<string, Promise<unknown>>>();

function nameOf(text: string): string {
  const name = names.get(text) ?? `muniment_${names.size}`;
  names.set(text, name);
  return name;
}

/**
 * A value as it stands in a statement's text: a number, an id, a hash or a time, none of which can end
 * a literal. @throws Error for anything else, so what users write cannot be put there
 */
function literal(value: Parameters[number]): string {
  if (value === null) return "null";
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString("hex")}'`;
  if (typeof value === "string" && /^[0-9A-Za-z .:+-]*$/.test(value)) return `'${value}'`;
  throw new Error("a named statement takes ids, hashes, times and whole numbers");
}

/** PostgreSQL's code for a name that the connection does not know: it was opened anew meanwhile. */
const isUnknownName = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "26000";

function preparedOn(sql: postgres.Sql): Map<string, Promise<unknown>> {
  const known = prepared.get(sql) ?? new Map();
  prepared.set(sql, known);
  return known;
}

function prepareOn(sql: postgres.Sql, name: string, text: string): Promise<unknown> {
  const known = preparedOn(sql);
  const begun = known.get(name);
  if (begun) return begun;
  const done = sql.unsafe(`prepare ${name} as ${text}`).catch((error: unknown) => {
    known.delete(name);
    throw error;
  });
  known.set(name, done);
  return done;
}

/**
 * Sends the scope and the statement as one message, which PostgreSQL runs as one transaction (54.2.2.1
 * of its manual): an error rolls it back, and its end ends the scope. So several callers can share a
 * connection, which must be a read-only one. What it costs: docs/adr/0029-reads-share-connections.md.
 */
export const runNamed: ScopedRun = async ({ sql }, scope, text, parameters, arrays) => {
  const name = nameOf(text);
  const given = parameters.length > 0 ? `(${parameters.map(literal).join(",")})` : "";
  const settings = setOwnScopeSql(scope);
  const message = [...settings, `execute ${name}${given}`].join("; ");
  let ready: Promise<unknown> | undefined;
  const execute = async () => {
    ready = prepareOn(sql, name, text);
    await ready;
    const query = sql.unsafe(message);
    const results = (await (arrays ? query.values() : query)) as unknown[];
    // Of one statement the answer is the rows, of several the rows of each.
    return settings.length > 0 ? results.at(-1) : results;
  };
  try {
    return await execute();
  } catch (error) {
    if (!isUnknownName(error)) throw error;
    // Unless another caller has prepared it anew by now.
    if (preparedOn(sql).get(name) === ready) preparedOn(sql).delete(name);
    return execute();
  }
};
