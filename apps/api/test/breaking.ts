import type { TestServer } from "./harness.ts";

const triggers = {
  insert: (table: string) => `trigger broken before insert on ${table}`,
  update: (table: string) => `trigger broken before update on ${table}`,
  /** Of any change of the table, which is written by then. */
  commit: (table: string) =>
    `constraint trigger broken after insert or update or delete on ${table} deferrable initially deferred`,
};

/** Has every insert or update of a table fail while something is done, or the commit of any change of it. */
export async function breaking<T>(
  { owner }: Pick<TestServer, "owner">,
  table: string,
  at: keyof typeof triggers,
  act: () => Promise<T>,
): Promise<T> {
  await owner.unsafe(`
    create or replace function break_change() returns trigger language plpgsql
      as $$ begin raise exception 'broken for a test'; end $$;
    create ${triggers[at](table)} for each row execute function break_change()`);
  try {
    return await act();
  } finally {
    await owner`drop trigger broken on ${owner(table)}`;
  }
}
