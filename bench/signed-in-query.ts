import { inTurns, manyPairs } from "./in-turns.ts";
import { httpRequest, load } from "./load.ts";
import type { Row } from "./rows.ts";
import type { Bench } from "./servers.ts";

/** Of every account in the bench. */
export const password = "seven quiet lanterns above the harbour";

/** Of the first administrator. */
export const email = "bench@example.org";

/** Makes the first administrator and answers the cookie and id. */
export async function signUpFirst(
  bench: Pick<Bench, "product">,
): Promise<{ cookie: string; userId: string }> {
  const { origin, setupToken } = bench.product;
  const response = await fetch(`${origin}/trpc/setup.createAdmin`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({
      token: setupToken,
      email,
      password,
      displayName: "Bench",
    }),
  });
  const body = (await response.json()) as { result: { data: { user: { id: string } } } };
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return { cookie, userId: body.result.data.user.id };
}

/** Signs the first administrator in anew: what makes keys asks for a password of the last five minutes. */
export async function signInFirst({
  product: { origin },
}: Pick<Bench, "product">): Promise<string> {
  const response = await fetch(`${origin}/trpc/auth.signIn`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email, password }),
  });
  if (!response.ok) throw new Error(`sign-in: ${await response.text()}`);
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  return cookies.join("; ");
}

/** `sessions.list` of a signed-in user against a plain server with the same indexed SELECT, in turns. */
export async function signedInQuery(
  bench: Bench,
  user: { cookie: string; userId: string },
): Promise<Row> {
  const plain = await bench.plain("plain-query.ts");
  const ours = httpRequest("GET", "/trpc/sessions.list", { cookie: user.cookie });
  const theirs = httpRequest("GET", "/", { "x-user": user.userId });
  const options = { connections: 32, seconds: 1 };
  await load(bench.product.port, () => ours, { ...options, seconds: 2 });
  await load(plain.port, () => theirs, { ...options, seconds: 2 });
  const rates = await inTurns(
    async () => (await load(bench.product.port, () => ours, options)).perSecond,
    async () => (await load(plain.port, () => theirs, options)).perSecond,
    manyPairs,
  );
  plain.stop();
  return {
    name: "signed-in query (sessions.list), 32 connections",
    unit: "calls/s",
    ...rates,
    target: 60,
    note: "node:http, one prepared indexed SELECT, no authentication, no limits",
  };
}
