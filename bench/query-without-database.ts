import { inTurns, manyPairs } from "./in-turns.ts";
import { httpRequest, load } from "./load.ts";
import type { Row } from "./rows.ts";
import type { Bench } from "./servers.ts";

/** `auth.me`, which reads no table: identification, limits, permission, output check and headers alone. */
export async function queryWithoutDatabase(bench: Bench, user: { cookie: string }): Promise<Row> {
  const plain = await bench.plain("plain-http.ts");
  const ours = httpRequest("GET", "/trpc/auth.me", { cookie: user.cookie });
  const theirs = httpRequest("GET", "/", {});
  await load(bench.product.port, () => ours, { seconds: 2 });
  await load(plain.port, () => theirs, { seconds: 2 });
  const rates = await inTurns(
    async () => (await load(bench.product.port, () => ours, { seconds: 1 })).perSecond,
    async () => (await load(plain.port, () => theirs, { seconds: 1 })).perSecond,
    manyPairs,
  );
  plain.stop();
  return {
    name: "tRPC query without database (auth.me), 32 connections",
    unit: "calls/s",
    ...rates,
    target: 40,
    note: "node:http and a small JSON",
  };
}
