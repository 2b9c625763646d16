import { expect, test } from "vitest";
import { createSharedPool } from "./shared-pool.ts";

test("a pool that is closed opens nothing, also where the database was lost meanwhile", async () => {
  const lost = Object.assign(new Error("lost"), { code: "CONNECTION_CLOSED" });
  const [opened, ended]: [object[], object[]] = [[], []];
  const pool = createSharedPool(
    2,
    () => {
      const connection = {};
      opened.push(connection);
      return connection;
    },
    async (connection) => void ended.push(connection),
  );
  let lose = () => {};
  const reading = pool.use(
    () =>
      new Promise((_, reject) => {
        lose = () => reject(lost);
      }),
  );
  await pool.close();
  lose();
  await expect(reading).rejects.toBe(lost);
  await expect(pool.use(async () => "read")).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
  expect(opened).toHaveLength(1);
  expect(new Set(ended)).toEqual(new Set(opened));
});
