import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { inTurns, manyPairs } from "./in-turns.ts";
import { httpRequest, load } from "./load.ts";
import type { Row } from "./rows.ts";
import type { Bench } from "./servers.ts";
import { addUsers, signInRequests } from "./sign-in.ts";
import { password } from "./signed-in-query.ts";

const note = (what: string) => `better-auth on node:http and the same PostgreSQL: ${what}`;
const withOneSession = "beside@example.org";

/** Starts better-auth, where the accounts of the bench have the same password hash, and one more. */
async function start(bench: Bench, cookieCache: "on" | "off" = "off") {
  const server = await bench.plain("better-auth/server.ts", { COOKIE_CACHE: cookieCache });
  const { hash, emails } = await addUsers(bench, 200);
  const sql = connect(parseConnectionUrl(bench.databaseUrl), { max: 1, applicationName: "bench" });
  await sql`
    with added as (
      insert into better_auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
      select gen_random_uuid()::text, email, email, true, now(), now()
      from unnest(${[...emails, withOneSession]}::text[]) as email
      on conflict do nothing returning id)
    insert into better_auth.account
      (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
    select gen_random_uuid()::text, id, 'credential', id, ${hash}, now(), now() from added`;
  await sql.end();
  return { ...server, emails, origin: `http://127.0.0.1:${server.port}` };
}

/** `auth.signIn` beside better-auth's `sign-in/email`. */
export async function signInBeside(bench: Bench): Promise<Row> {
  const theirs = await start(bench);
  const ours = await signInRequests(bench, theirs.emails);
  let next = 0;
  const their = () => {
    next += 1;
    const email = theirs.emails[next % theirs.emails.length];
    const body = JSON.stringify({ email, password });
    return httpRequest("POST", "/api/auth/sign-in/email", { origin: theirs.origin }, body);
  };
  const options = { connections: 16, everyTime: true, seconds: 2 };
  await load(bench.product.port, ours, { ...options, seconds: 15 });
  await load(theirs.port, their, { ...options, seconds: 15 });
  const rates = await inTurns(
    async () => (await load(bench.product.port, ours, options)).perSecond,
    async () => (await load(theirs.port, their, options)).perSecond,
    manyPairs,
  );
  theirs.stop();
  return {
    name: "sign-in in a known browser, 16 connections, 200 accounts, beside better-auth",
    unit: "/s",
    ...rates,
    note: note("`sign-in/email`, with argon2id of the same parameters in place of its scrypt"),
  };
}

/** A request of better-auth's `list-sessions` by a user with one session. */
async function listRequest({ origin }: { origin: string }): Promise<Buffer> {
  const answer = await fetch(`${origin}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email: withOneSession, password }),
  });
  if (!answer.ok) throw new Error(`better-auth: ${answer.status} ${await answer.text()}`);
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  return httpRequest("GET", "/api/auth/list-sessions", { cookie: cookies.join("; ") });
}

/** `sessions.list` beside better-auth's `list-sessions`, of a user with one session each. */
export async function queryBeside(bench: Bench, user: { cookie: string }): Promise<Row> {
  const theirs = await start(bench);
  const ours = httpRequest("GET", "/trpc/sessions.list", { cookie: user.cookie });
  const their = await listRequest(theirs);
  const options = { connections: 32, seconds: 1 };
  await load(bench.product.port, () => ours, options);
  await load(theirs.port, () => their, options);
  const rates = await inTurns(
    async () => (await load(bench.product.port, () => ours, options)).perSecond,
    async () => (await load(theirs.port, () => their, options)).perSecond,
    manyPairs,
  );
  theirs.stop();
  const caching = await start(bench, "on");
  const cached = await listRequest(caching);
  await load(caching.port, () => cached, options);
  let best = 0;
  for (let round = 0; round < 3; round += 1)
    best = Math.max(best, (await load(caching.port, () => cached, options)).perSecond);
  caching.stop();
  return {
    name: "signed-in query (sessions.list), 32 connections, beside better-auth",
    unit: "calls/s",
    ...rates,
    note: note(
      `\`list-sessions\`; with its cookie cache, under which a session cannot be revoked at once, ${Math.round(best)} calls/s`,
    ),
  };
}
