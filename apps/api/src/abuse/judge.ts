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

/** What a rule found to be too much of one place, account or whatever it counts together; without a key all others. */
type Found = {
  key: string | null;
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
/** The same where an alert is the first about its account: so many must work together to hide another. */
const mostAccounts = 250;
/** Of these about one account or its keys, and about all that are nobody's, so that few hide no others. */
const mostOfOne = 5;
/** The key of the alert of what else was found. */
const manyOthers = "many others";

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

/**
 * Who was shown whose data stands in the audit log, each person once however often they are looked at;
 * what may have shown anybody's was of as many people as there are.
 */
const shown = (since: string) => sql`
  with read as (
    select actor_id, at, target_kind, target_id, subjects, everyone
    from audit_lookup join users on users.id = audit_lookup.actor_id
    where action = 'data.read' and at >= ${since}::timestamptz
  ), shown as (
    select actor_id, at, target_id as person, 0 as people from read where target_kind = 'user'
    union all
    select actor_id, at, jsonb_array_elements_text(subjects), 0 from read
    where subjects is not null
    union all
    select actor_id, at, '', (select count(*) from users) from read where everyone
  )
  select actor_id::text as key, actor_id as about_user_id, person as subject, people, '' as address,
    1 as times, at as first_at, at as last_at
  from shown`;

/** What a rule counts, each with the key under which it is counted. */
function seen(rule: AbuseRule, since: string): SQL {
  if (rule.per === "reader") return shown(since);
  return sql`
    select ${grouped[rule.per]} as key, s.about_user_id, 0 as people, s.address, s.times, s.first_at, s.last_at,
      ${rule.followedBy ? sql`s.tried` : sql`s.subject`} as subject
    from (${counted(rule, since)}) s`;
}

const counts = {
  times: sql`sum(s.times)`,
  subjects: sql`greatest(count(distinct nullif(s.subject, '')), max(s.people))`,
  addresses: sql`count(distinct nullif(s.address, ''))`,
};
const text = (time: SQL) =>
  sql`to_char(${time} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * One statement for every rule, so that a rule is nothing but a row of the table: what of all that is
 * too much has an alert or gets one, and the rest counted together. Whoever has the fewest comes first.
 */
function question(name: AbuseRuleName, rule: AbuseRule, since: string): SQL {
  const { least } = rule;
  const owner = isAboutUser(rule) ? sql`coalesce(about_user_id::text, '')` : sql`key`;
  const first = sql`union
      (select key from fresh where nth = 1 order by last_at desc, key
        limit greatest(${mostAccounts} - (select count(*) from open), 0))`;
  return sql`
    with s as materialized (${seen(rule, since)}),
    found as (
      select key, min(about_user_id::text) as about_user_id, max(last_at) as last_at
      from s where key is not null group by key
      having ${counts.times} >= ${least.times ?? 1}
        and ${counts.subjects} >= ${least.subjects ?? 0}
        and ${counts.addresses} >= ${least.addresses ?? 0}
    ), open as (
      select key, ${owner} as owner from alerts
      where kind = ${name} and resolved_at is null and key <> ${manyOthers}
    ), fresh as (
      select key, last_at, row_number() over (partition by owner order by last_at desc, key)
        + (select count(*) from open where open.owner = f.owner) as nth
      from (select *, ${owner} as owner from found) f
      where not exists (select from alerts a where a.kind = ${name} and a.key = f.key
        and (a.resolved_at is null or a.last_seen_at >= f.last_at))
    ), named as (
      (select key from fresh where nth <= ${mostOfOne} order by nth, last_at desc, key
        limit greatest(${mostOpen} - (select count(*) from open), 0))
      ${isAboutUser(rule) ? first : sql``}
      union all select key from found where key in (select key from open)
    ), told as (
      select key, key as alert from named
      union all select key, null from fresh where key not in (select key from named)
    )
    select told.alert as key, case when told.alert is not null then min(s.about_user_id::text) end as user_id,
      ${counts.times}::int as times, ${counts.subjects}::int as subjects,
      ${counts.addresses}::int as addresses, ${text(sql`min(s.first_at)`)} as first_at,
      ${text(sql`max(s.last_at)`)} as last_at, to_json(array(
        select one.address from s one where one.key = told.alert and one.address <> ''
        group by one.address order by sum(one.times) desc, one.address limit 5
      )) as from_addresses
    from s join told on told.key = s.key group by told.alert`;
}

/** Whether the alert names an account, which then goes with it. */
const isAboutUser = ({ per }: AbuseRule) => per === "account" || per === "key" || per === "reader";
/** What may be shown of a key; an account is a hash, and is shown as a user. */
const shownKey = ({ per }: AbuseRule, key: string | null) =>
  per === "account" || per === "reader" || per === "everyone" ? null : key;

async function raise(tx: Tx, name: AbuseRuleName, found: Found, now: Date): Promise<void> {
  const rule: AbuseRule = abuseRules[name];
  const details: Verdict = {
    subject: shownKey(rule, found.key),
    times: found.times,
    subjects: found.subjects,
    addresses: found.addresses,
    from: found.from_addresses,
    since: found.first_at,
  };
  const userId = isAboutUser(rule) ? found.user_id : null;
  const counted = { times: found.times, lastAt: new Date(found.last_at) };
  await raiseAlert(tx, name, {
    ...{ userId, key: found.key ?? manyOthers, details, now, seen: counted },
  });
}

/**
 * The accounts and keys of which something is still noted, and stays so while the transaction lasts: who
 * was erased since they were counted is gone from it, and an erasure that comes now takes the alert, too.
 */
async function stillNoted(tx: Tx, keys: string[], since: string): Promise<Set<string>> {
  const rows = await tx.execute<{ key: string }>(sql`
    select k.key from (select unnest(array[${list(keys)}]::text[]) as key order by 1) k,
      lateral (select from sightings s where s.subject = k.key and s.start >= ${since}::timestamptz
        limit 1 for key share) noted`);
  return new Set(rows.map(({ key }) => key));
}

/** Looks at what one rule counts, and raises an alert for each that is too much. */
export async function judgeRule(database: Database, name: AbuseRuleName, at: Date): Promise<void> {
  const rule: AbuseRule = abuseRules[name];
  // All of the piece in which a window begins is in it.
  const from = at.getTime() - rule.windowMinutes * 60_000;
  const since = new Date(from - (from % pieceMilliseconds)).toISOString();
  const found = await database.background({}).execute<Found>(question(name, rule, since));
  if (found.length === 0) return;
  const isNoted = rule.per === "account" || rule.per === "key";
  const keys = isNoted ? found.flatMap(({ key }) => key ?? []) : [];
  await database.transaction({}, async (tx) => {
    const noted = keys.length > 0 && (await stillNoted(tx, keys, since));
    for (const one of found) {
      if (!noted || one.key === null || noted.has(one.key)) await raise(tx, name, one, at);
    }
  });
}

/**
 * Looks at what all nodes have noted, rule by rule, and raises an alert for each that finds too much.
 * Looking again adds nothing to what was found before, and what an administrator is done with is not
 * raised again before more of it has come. A rule that fails keeps no other from being judged.
 */
export async function judge(database: Database, now: () => Date): Promise<void> {
  const failures: unknown[] = [];
  for (const name of abuseRuleNames) {
    await judgeRule(database, name, now()).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, "rules that could not be judged");
}
