/**
 * `pnpm soak:people [entries]`: how long `data.accesses` and `audit.search` by a target take on an audit log
 * of 1,000,000 entries unless told otherwise, one call after another, for people of whom it tells little,
 * some and most. Writes PEOPLE.md beside the other long runs.
 */
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { ensureBuild } from "../../scripts/build.mjs";
import { startBench } from "../servers.ts";
import { addUsers } from "../sign-in.ts";
import { password, signUpFirst } from "../signed-in-query.ts";

const entries = Number(process.argv[2] ?? 1_000_000);
const calls = 40;
const bench = await startBench(await ensureBuild());
const { origin } = bench.product;

async function signIn(email: string) {
  const response = await fetch(`${origin}/trpc/auth.signIn`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email, password }),
  });
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

/** How long a call takes, sorted, and how much it answers. */
async function timesOf(path: string, input: object, cookie: string) {
  const times: number[] = [];
  let items = 0;
  for (let call = 0; call < calls; call += 1) {
    const from = performance.now();
    const url = `${origin}/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`;
    const response = await fetch(url, { headers: { cookie } });
    const text = await response.text();
    times.push(performance.now() - from);
    if (response.status !== 200) throw new Error(`${path}: ${text}`);
    items = JSON.parse(text).result.data.items.length;
  }
  return { sorted: times.sort((a, b) => a - b), items };
}

try {
  const { cookie: admin, userId: adminId } = await signUpFirst(bench);
  const { emails } = await addUsers(bench, 2000);
  const sql = connect(parseConnectionUrl(bench.databaseUrl), { max: 1, applicationName: "people" });
  await sql`update users set created_at = now() - interval '2 years' where id <> ${adminId}`;
  const people =
    await sql`select id, email from users where email = any(${emails}) order by email limit 3`;
  const [little, some, most] = people.map(({ id, email }) => ({ id: id as string, email }));
  await sql`
    insert into audit_entries (id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, details,
      personal)
    with someone as (select array_agg(id order by email) as ids from users where id <> ${adminId})
    select gen_random_uuid(), now() - n * interval '30 seconds', 'user', actor, action, kind, target, 'success',
      case action when 'data.read' then
          '{"procedure": "users.list", "count": 1}'::jsonb || case when n % 100 = 0 then '{"everyone": true}'
            else jsonb_build_object('subjects', array(
              select ids[1 + (n / 10 + m * 61) % 1900 + case when (n / 10 + m * 61) % 1900 = 0 then 1 else 0 end]
              from generate_series(1, 20) m)
              || case when n % 50 = 10 then array[ids[3]] else '{}' end
              || case when n % 5000 = 20 then array[ids[2]] else '{}' end) end
        else '{"fields": ["name"]}' end,
      '{}'
    from someone, generate_series(1, ${entries}::int) n
    cross join lateral (select
      case when n % 10 = 0 then 'data.read' when n % 10 = 1 then 'account.updated' else 'agent.updated' end as action,
      case when n % 10 = 0 then 'users' when n % 10 = 1 then 'user' else 'agent' end as kind,
      case when n % 10 = 1 and n % 20 = 1 then ids[3] when n % 10 = 1 and n % 4000 = 11 then ids[2]
        else ids[5 + n % 1500] end as person) as p
    cross join lateral (select case when n % 10 = 0 then null when n % 10 = 1 then person::text
        else gen_random_uuid()::text end as target,
      case when n % 10 = 0 then case when n % 3 = 0 then ids[3] else ${adminId}::uuid end
        when n % 1000 = 1 then ${adminId}::uuid else person end as actor) as q`;
  for (let waiting = 1; waiting > 0; await sleep(500)) {
    const [row] = await sql`select count(*)::int as waiting from unsealed_audit_entries()`;
    waiting = row?.waiting;
  }
  await sql`vacuum analyze audit_entries, audit_leaves`;
  await sql.end();
  const lines: string[] = [];
  const add = async (name: string, path: string, input: object, cookie: string) => {
    const { sorted, items } = await timesOf(path, input, cookie);
    const at = (share: number) => (sorted[Math.floor(calls * share)] ?? 0).toFixed(1);
    lines.push(`| ${name} | ${items} | ${at(0.5)} ms | ${at(0.95)} ms |`);
    console.log(lines.at(-1));
  };
  for (const [kind, person] of Object.entries({ little, some, most })) {
    if (!person) throw new Error("nobody");
    await add(`data.accesses, ${kind}`, "data.accesses", {}, await signIn(person.email));
    await add(`audit.search by target, ${kind}`, "audit.search", { targetId: person.id }, admin);
    await add(`audit.search by actor, ${kind}`, "audit.search", { actorId: person.id }, admin);
  }
  await add("data.accesses, who reads most", "data.accesses", {}, admin);
  await add("audit.search by a target of nothing", "audit.search", { targetId: "nothing" }, admin);
  await add("audit.search", "audit.search", {}, admin);
  const text = `# People in a long audit log

\`pnpm soak:people ${entries}\`: ${entries.toLocaleString("en")} entries of 2,000 people, a tenth of them reads of about 20 people, on ${cpus().length} cores that the API and its PostgreSQL share, Node.js ${process.version}, load average ${loadavg()[0]?.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}. ${calls} calls each, one after another, over HTTP.

| call | entries answered | p50 | p95 |
|---|---|---|---|
${lines.join("\n")}
`;
  await writeFile(new URL("../soak/PEOPLE.md", import.meta.url), text);
} finally {
  await bench.stop();
}
