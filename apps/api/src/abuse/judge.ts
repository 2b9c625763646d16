import type { Database, Tx } from "@muniment/db/database.ts";
import {
  type AbuseRule,
  type AbuseRuleName,
  abuseRuleNames,
  abuseRules,
} from "@muniment/shared/abuse-rules.ts";
import type { Verdict } from "@muniment/shared/alerts.ts";
import { type SQL, sql } from "drizzle-orm";
import { raiseAlert } from "../alerts/raise.ts";
import { pieceMilliseconds } from "./sightings.ts";

/** What a rule found to be too much: of one place, account or whatever it counts together. */
type Found = {
  key: string;
  user_id: string | null;
  times: number;
  subjects: number;
  addresses: number;
  from_addresses: string[];
  first_at: string;
  last_at: string;
};

/** Open alerts of one rule at once; what else it finds meanwhile is in one alert that names nobody. */
const mostOpen = 50;

const grouped: Record<Exclude<AbuseRule["per"], "reader">, SQL> = {
  address: sql`nullif(s.address, '')`,
  network: sql`nullif(s.network, '')`,
  account: sql`nullif(s.subject, '')`,
  key: sql`nullif(s.subject, '')`,
  limit: sql`nullif(s.subject, '')`,
  everyone: sql`'everyone'`,
};

const list = (values: readonly string[]) =>
  sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );

/** Sightings of a rule in its window, each with the account that came after it where the rule asks for one. */
function counted({ sees, followedBy, forgives }: AbuseRule, since: string): SQL {
  if (sees === "data.read") throw new Error("is not counted in sightings");
  const within = sql`s.signal in (${list(sees)}) and s.start >= ${since}::timestamptz`;
  const gotIn = sql`select from sightings i
    where i.signal = 'signed_in' and i.start >= ${since}::timestamptz
      and i.subject = s.subject and i.address = s.address and i.last_at >= s.first_at`;
  if (!followedBy) {
    return sql`select s.* from sightings s where ${within}
      ${forgives ? sql`and not exists (${gotIn})` : sql``}`;
  }
  return sql`
    select s.start, s.signal, s.network, s.address, t.subject, t.about_user_id, s.times, s.first_at, t.last_at,
      s.subject as tried
    from sightings s join sightings t on t.address = s.address
      and t.signal = ${followedBy.signal} and t.start >= ${since}::timestamptz and t.last_at >= s.first_at
      ${followedBy.by === "same" ? sql`and t.subject = s.subject` : sql``}
    where ${within} and s.address <> ''
      ${forgives ? sql`and (s.subject = t.subject or not exists (${gotIn}))` : sql``}`;
}

/** One statement for every rule that counts sightings, so that a rule is nothing but a row of the table. */
function question(rule: AbuseRule, since: string): SQL {
  const { per, least, followedBy } = rule;
  if (per === "reader") return readers(rule, since);
  const subject = followedBy ? sql`s.tried` : sql`s.subject`;
  return sql`
    with s as materialized (${counted(rule, since)}),
    found as (
      select ${grouped[per]} as key,
        min(s.about_user_id::text) as user_id,
        sum(s.times)::int as times,
        (count(distinct nullif(${subject}, '')))::int as subjects,
        (count(distinct nullif(s.address, '')))::int as addresses,
        to_char(min(s.first_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as first_at,
        to_char(max(s.last_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as last_at
      from s group by 1
      having sum(s.times) >= ${least.times ?? 1}
        and count(distinct nullif(${subject}, '')) >= ${least.subjects ?? 0}
        and count(distinct nullif(s.address, '')) >= ${least.addresses ?? 0}
    )
    select found.*, to_json(array(
      select s.address from s where ${grouped[per]} = found.key and s.address <> ''
      group by s.address order by sum(s.times) desc, s.address limit 5
    )) as from_addresses
    from found where key is not null order by last_at desc, key limit ${mostOpen + 1}`;
}

/** Who was shown whose data stands in the audit log, each person once however often they are looked at. */
function readers({ least }: AbuseRule, since: string): SQL {
  return sql`
    with read as (
      select actor_id, at, target_kind, target_id, details
      from audit_log join users on users.id = audit_log.actor_id
      where action = 'data.read' and at >= ${since}::timestamptz
    ), shown as (
      select actor_id, at, target_id as person from read where target_kind = 'user'
      union all
      select actor_id, at, jsonb_array_elements_text(details -> 'subjects') from read
      where details ? 'subjects'
    )
    select actor_id::text as key, actor_id::text as user_id, count(*)::int as times,
      count(distinct person)::int as subjects, 0 as addresses, '[]'::json as from_addresses,
      to_char(min(at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as first_at,
      to_char(max(at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as last_at
    from shown group by 1
    having count(distinct person) >= ${least.subjects ?? 1}
    order by last_at desc limit ${mostOpen}`;
}

/** Whether the alert names an account, which then goes with it. */
const isAboutUser = ({ per }: AbuseRule) => per === "account" || per === "key" || per === "reader";
/** What may be shown of a key; an account is a hash, and is shown as a user. */
const shownKey = ({ per }: AbuseRule, key: string) =>
  per === "account" || per === "reader" || per === "everyone" ? null : key;

function toVerdict(rule: AbuseRule, found: Found): Verdict {
  return {
    subject: shownKey(rule, found.key),
    times: found.times,
    subjects: found.subjects,
    addresses: found.addresses,
    from: found.from_addresses,
    since: found.first_at,
  };
}

async function raise(tx: Tx, name: AbuseRuleName, found: Found[], now: Date): Promise<void> {
  const rule: AbuseRule = abuseRules[name];
  const rows = await tx.execute<{ key: string }>(
    sql`select key from alerts where kind = ${name} and resolved_at is null`,
  );
  const open = new Set(rows.map(({ key }) => key));
  const many: Found[] = [];
  for (const one of found) {
    if (!open.has(one.key) && open.size >= mostOpen) {
      many.push(one);
      continue;
    }
    open.add(one.key);
    const userId = isAboutUser(rule) ? one.user_id : null;
    const details = toVerdict(rule, one);
    const seen = { times: one.times, lastAt: new Date(one.last_at) };
    await raiseAlert(tx, name, { userId, key: one.key, details, now, seen });
  }
  const [last] = many;
  if (!last) return;
  const sum = (of: (one: Found) => number) => many.reduce((all, one) => all + of(one), 0);
  const details = {
    ...{
      subject: null,
      times: sum(({ times }) => times),
      subjects: sum(({ subjects }) => subjects),
    },
    ...{ addresses: sum(({ addresses }) => addresses), from: [], since: last.first_at },
  };
  const seen = { times: details.times, lastAt: new Date(last.last_at) };
  await raiseAlert(tx, name, { userId: null, key: "many others", details, now, seen });
}

async function apply(database: Database, name: AbuseRuleName, at: Date): Promise<void> {
  const rule: AbuseRule = abuseRules[name];
  // All of the piece in which a window begins is in it.
  const from = at.getTime() - rule.windowMinutes * 60_000;
  const since = new Date(from - (from % pieceMilliseconds)).toISOString();
  const found = await database.background({}).execute<Found>(question(rule, since));
  if (found.length === 0) return;
  await database.transaction({}, (tx) => raise(tx, name, [...found], at));
}

/**
 * Looks at what all nodes have noted, rule by rule, and raises an alert for each that finds too much.
 * Looking again adds nothing to what was found before, and what an administrator is done with is not
 * raised again before more of it has come. A rule that fails keeps no other from being judged.
 */
export async function judge(database: Database, now: () => Date): Promise<void> {
  const failures: unknown[] = [];
  for (const name of abuseRuleNames) {
    await apply(database, name, now()).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, "rules that could not be judged");
}
