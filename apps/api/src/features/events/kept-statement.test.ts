import { sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { expect, test } from "vitest";
import { keptStatement } from "./kept-statement.ts";

const rendered = (statement: ReturnType<typeof keptStatement>) => {
  const { sql: text, params } = new PgDialect().sqlToQuery(sql`select ${0} from (${statement}) x`);
  return { text, params };
};

test("a statement is built once, and has the values of whoever asks", () => {
  let built = 0;
  const ask = (userId: string, from: string) =>
    rendered(
      keptStatement("counts of a", { userId, from }, () => {
        built += 1;
        return sql`select ${"a"} where ${sql.placeholder("userId")} = u and ${sql.placeholder("from")} < t`;
      }),
    );
  const text = "select $1 from (select $2 where $3 = u and $4 < t) x";
  expect(ask("first", "1")).toEqual({ text, params: [0, "a", "first", "1"] });
  expect(ask("second", "2")).toEqual({ text, params: [0, "a", "second", "2"] });
  expect(built).toBe(1);
});

test("the oldest is built again when there are too many", () => {
  let built = 0;
  const ask = (key: string) =>
    keptStatement(key, {}, () => {
      built += 1;
      return sql`select ${key}`;
    });
  for (let n = 0; n <= 200; n += 1) ask(`text ${n}`);
  expect(rendered(ask("text 200")).params).toEqual([0, "text 200"]);
  expect(built).toBe(201);
  expect(rendered(ask("text 0")).params).toEqual([0, "text 0"]);
  expect(built).toBe(202);
});

test("what is asked again and again stays, however many others come between", () => {
  let built = 0;
  const ask = (key: string) =>
    keptStatement(key, {}, () => {
      built += key === "everybody's" ? 1 : 0;
      return sql`select 1`;
    });
  for (let n = 0; n < 400; n += 1) {
    ask("everybody's");
    ask(`one's own ${n}`);
  }
  expect(built).toBe(1);
});
