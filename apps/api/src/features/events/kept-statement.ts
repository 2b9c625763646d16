import { is, Placeholder, type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";

/** `texts` stand before, between and behind the parameters. */
type Kept = { texts: SQL[]; parameters: unknown[] };

const dialect = new PgDialect();
/** Queries of users differ without end, though few are asked again and again. */
const mostKept = 200;
const kept = new Map<string, Kept>();

function keep(key: string, statement: SQL): Kept {
  const { sql: text, params: parameters } = dialect.sqlToQuery(statement);
  const made = { texts: text.split(/\$\d+/).map((part) => sql.raw(part)), parameters };
  const [oldest] = kept.keys();
  if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
  kept.set(key, made);
  return made;
}

/**
 * A statement with `values` in its placeholders (`sql.placeholder`), which is built once for each `key`:
 * to build one of many parts takes longer than to run it. Whatever has no placeholder belongs to the key.
 */
export function keptStatement(
  key: string,
  values: Record<string, string | number>,
  build: () => SQL,
): SQL {
  const known = kept.get(key);
  if (known) {
    // To the end, so that what others ask for once does not push out what all ask for.
    kept.delete(key);
    kept.set(key, known);
  }
  const { texts, parameters } = known ?? keep(key, build());
  return sql.join(
    texts.flatMap((text, place) => {
      if (place === parameters.length) return [text];
      const parameter = parameters[place];
      return [text, sql`${is(parameter, Placeholder) ? values[parameter.name] : parameter}`];
    }),
  );
}
