import type postgres from "postgres";
import { type Parameters, type ScopedRun, setScopeSql } from "./scope.ts";

/** Names by text, the same on every connection. */
const names = new Map<string, string>();
/** What is prepared on which connection. */
const prepared = new WeakMap<postgres.Sql, Set<string>>();

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

async function prepareOn(sql: postgres.Sql, name: string, text: string): Promise<void> {
  const known = prepared.get(sql) ?? new Set();
  prepared.set(sql, known);
  if (known.has(name)) return;
  await sql.unsafe(`prepare ${name} as ${text}`);
  known.add(name);
}

/**
 * Sends the scope and the statement as one message, which PostgreSQL runs as one transaction (54.2.2.1
 * of its manual): an error rolls it back, and its end ends the scope. A third of the price of the same
 * as `begin`, statement and `commit`.
 */
export const runNamed: ScopedRun = async ({ sql }, scope, text, parameters, arrays) => {
  const name = nameOf(text);
  const given = parameters.length > 0 ? `(${parameters.map(literal).join(",")})` : "";
  const message = `set transaction read only; ${setScopeSql(scope)}; execute ${name}${given}`;
  const execute = async () => {
    await prepareOn(sql, name, text);
    const query = sql.unsafe(message);
    const results = (await (arrays ? query.values() : query)) as unknown[];
    return results.at(-1);
  };
  try {
    return await execute();
  } catch (error) {
    if (!isUnknownName(error)) throw error;
    prepared.delete(sql);
    return execute();
  }
};
