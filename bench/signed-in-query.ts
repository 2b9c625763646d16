import { httpRequest, load } from "./load.ts";
import type { Bench } from "./servers.ts";

export type Row = { name: string; unit: string; ours: number; plain: number; note: string };

/** Makes the first administrator and answers the cookie and id. */
export async function signUpFirst(bench: Bench): Promise<{ cookie: string; userId: string }> {
  const { origin, setupToken } = bench.product;
  const response = await fetch(`${origin}/trpc/setup.createAdmin`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({
      token: setupToken,
      email: "bench@example.org",
      password: "seven quiet lanterns above the harbour",
      displayName: "Bench",
    }),
  });
  const body = (await response.json()) as { result: { data: { user: { id: string } } } };
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return { cookie, userId: body.result.data.user.id };
}

/** `sessions.list` of a signed-in user against a plain server with the same indexed SELECT, in turns. */
export async function signedInQuery(
  bench: Bench,
  user: { cookie: string; userId: string },
): Promise<Row> {
  const plain = await bench.plain("plain-query.ts");
  const ours = httpRequest("GET", "/trpc/sessions.list", { cookie: user.cookie });
  const theirs = httpRequest("GET", "/", { "x-user": user.userId });
  const rates = { ours: [] as number[], plain: [] as number[] };
  const options = { connections: 32, seconds: 4 };
  await load(bench.product.port, () => ours, { ...options, seconds: 2 });
  await load(plain.port, () => theirs, { ...options, seconds: 2 });
  for (let round = 0; round < 3; round += 1) {
    rates.plain.push((await load(plain.port, () => theirs, options)).perSecond);
    rates.ours.push((await load(bench.product.port, () => ours, options)).perSecond);
  }
  plain.stop();
  const best = (values: number[]) => Math.max(...values);
  return {
    name: "signed-in query (sessions.list), 32 connections",
    unit: "calls/s",
    ours: best(rates.ours),
    plain: best(rates.plain),
    note: "plain: node:http, one prepared indexed SELECT, no authentication, no limits",
  };
}
