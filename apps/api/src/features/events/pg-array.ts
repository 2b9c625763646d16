type Value = string | number | undefined;

/** A PostgreSQL array of what needs no quotes: numbers, ids, hex. */
export const plainArray = (values: Value[]) =>
  `{${values.map((value) => value ?? "NULL").join(",")}}`;
