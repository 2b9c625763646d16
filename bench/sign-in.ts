import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { verify } from "@node-rs/argon2";
import { inTurns, manyPairs } from "./in-turns.ts";
import { httpRequest, load } from "./load.ts";
import type { Row } from "./rows.ts";
import type { Bench } from "./servers.ts";
import { password } from "./signed-in-query.ts";

/** Accounts with the first user's password, where they are not there yet, so that sign-ins do not wait for the row of one. */
export async function addUsers(
  bench: Bench,
  count: number,
): Promise<{ hash: string; emails: string[] }> {
  const sql = connect(parseConnectionUrl(bench.databaseUrl), { max: 1, applicationName: "bench" });
  const [user] = await sql`select password_hash as hash from users limit 1`;
  const emails = Array.from({ length: count }, (_, at) => `person${at}@example.org`);
  await sql`
    insert into users (id, email, display_name, password_hash, role, created_at)
    select gen_random_uuid(), email, email, ${user?.hash}, 'member', now()
    from unnest(${emails}::text[]) as email on conflict do nothing`;
  await sql.end();
  return { hash: user?.hash, emails };
}

/** The cookie by which a browser is known from its first sign-in on. */
async function deviceCookie({ product: { origin } }: Bench, email: string): Promise<string> {
  const answer = await fetch(`${origin}/trpc/auth.signIn`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email, password }),
  });
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]);
  const device = cookies.find((cookie) => cookie?.includes("_device="));
  if (!device) throw new Error(`answered ${answer.status}, and no device`);
  return device;
}

/** Requests of sign-ins, each of the next account, from a browser in which it has signed in before. */
export async function signInRequests(bench: Bench, emails: string[]): Promise<() => Buffer> {
  const { origin } = bench.product;
  const requests = await Promise.all(
    emails.map(async (email) => {
      const cookie = await deviceCookie(bench, email);
      const body = JSON.stringify({ email, password });
      return httpRequest("POST", "/trpc/auth.signIn", { origin, cookie }, body);
    }),
  );
  let next = 0;
  return () => {
    next += 1;
    return requests[next % requests.length] as Buffer;
  };
}

/** How many passwords this process alone verifies in a second, all libuv threads at work. */
export async function bareRate(hash: string, seconds: number): Promise<number> {
  const started = performance.now();
  let verified = 0;
  const loop = async () => {
    while (performance.now() - started < seconds * 1000) {
      if (!(await verify(hash, password))) throw new Error("the hash does not fit");
      verified += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, loop));
  return (verified * 1000) / (performance.now() - started);
}

/** `auth.signIn`, with session, audit entry and all, against argon2id of the same parameters alone. */
export async function signIn(
  bench: Bench,
  { hash, emails }: { hash: string; emails: string[] },
): Promise<Row> {
  const next = await signInRequests(bench, emails);
  const options = { connections: 16, everyTime: true };
  // Of some hundred sign-ins, the first cost a quarter more: the code is not compiled for speed yet.
  await load(bench.product.port, next, { ...options, seconds: 15 });
  const rates = await inTurns(
    async () => (await load(bench.product.port, next, { ...options, seconds: 2 })).perSecond,
    () => bareRate(hash, 2),
    manyPairs,
  );
  return {
    name: "sign-in in a known browser, 16 connections, 200 accounts",
    unit: "/s",
    ...rates,
    target: 85,
    note: "argon2id verification of the same hash, without HTTP and database",
  };
}
