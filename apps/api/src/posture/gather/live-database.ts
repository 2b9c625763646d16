import { type RoleNames, roleNames } from "@muniment/db/role-names.ts";
import type { Query } from "@muniment/db/statements.ts";
import type { WitnessKind } from "@muniment/shared/witnesses.ts";

export type Table = {
  name: string;
  /** Has a column that says whose the row is. */
  userOwned: boolean;
  rowSecurity: boolean;
  /** The role in use owns it, itself or through a role it belongs to. */
  owned: boolean;
  privileges: string[];
  /** What the role that inserts events may do with it. */
  ingestPrivileges: string[];
};

/** A database as the role sees it that asks. */
export type LiveDatabase = {
  role: string;
  /** Such as 180004. */
  version: number;
  /** Whether Muniment's tables are there. */
  migrated: boolean;
  /** The version of TLS; null without. */
  encryption: string | null;
  settings: Record<string, string>;
  /** Attributes that go beyond signing in, such as SUPERUSER. */
  attributes: string[];
  /** Roles beyond Muniment's own whose rights the role has. */
  memberships: string[];
  /** Where the role may create: "schema public", "database". */
  mayCreateIn: string[];
  ingestRoleExists: boolean;
  /** Roles that are signed in besides the application's and the one that inserts events. */
  otherSessions: string[];
  tables: Table[];
  passwordHashes: { algorithm: string; parameters: string; count: number }[];
  administrators: number;
  /** Administrators and auditors, and those of them whom a password alone lets in. */
  privileged: { count: number; withoutSecondFactor: number };
  limitOverrides: { name: string; points: number; durationSeconds: number }[];
  /** Of all users; null where the database is of an older version. */
  apiKeys: { active: number; unending: number; unused: number; anywhere: number } | null;
  /** Alerts that have been open for three days, but for those of the posture itself. */
  oldAlerts: number;
  /** Since when the oldest entry waits that has no place in the audit log. */
  unsealedSince: Date | null;
  auditSize: number;
  /** When `muniment backup` last made one, as the audit log tells. */
  lastBackupAt: Date | null;
  witnesses: {
    kind: WitnessKind;
    everySeconds: number;
    confirmedSize: number;
    contradicts: boolean;
    failingSince: Date | null;
    /** When the log first went beyond what is confirmed there. */
    nextAt: Date | null;
  }[];
};

const settingNames = [
  "data_checksums",
  "fsync",
  "full_page_writes",
  "listen_addresses",
  "log_min_duration_statement",
  "log_min_error_statement",
  "log_statement",
  "password_encryption",
  "synchronous_commit",
];

async function readRole(sql: Query, { appGroup, ingestGroup }: RoleNames) {
  const [row] = await sql`
    select current_user::text as role, current_setting('server_version_num')::int as version,
      to_regclass('public.audit_lookup') is not null as migrated,
      exists (select from pg_roles where rolname = ${ingestGroup}) as ingest_role_exists,
      (select version from pg_stat_ssl where pid = pg_backend_pid() and ssl) as encryption,
      to_json(array_remove(array[
        case when rolsuper then 'SUPERUSER' end, case when rolcreaterole then 'CREATEROLE' end,
        case when rolcreatedb then 'CREATEDB' end, case when rolreplication then 'REPLICATION' end,
        case when rolbypassrls then 'BYPASSRLS' end], null)) as attributes,
      to_json(array(select rolname::text from pg_roles
        where rolname not in (current_user, ${appGroup}) and pg_has_role(current_user, oid, 'MEMBER')
        order by 1)) as memberships,
      to_json(array_remove(array[
        case when has_schema_privilege('public', 'CREATE') then 'schema public' end,
        case when has_database_privilege(current_database(), 'CREATE') then 'database' end], null)) as may_create_in
    from pg_roles where rolname = current_user`;
  if (!row) throw new Error("the role in use is not in pg_roles");
  return row;
}

/** The owner belongs to the roles it made, but as their administrator only. */
async function readOtherSessions(sql: Query, { ingestGroup }: RoleNames): Promise<string[]> {
  const rows = await sql`
    select distinct usename::text as name from pg_stat_activity
    where datname = current_database() and usename <> current_user
      and usename not in (
        select u.rolname from pg_auth_members m
        join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member
        where g.rolname = ${ingestGroup} and not m.admin_option)
    order by 1`;
  return rows.map(({ name }) => name);
}

/** Privileges on a table or on any column of it. */
async function readTables(
  sql: Query,
  { ingestGroup }: RoleNames,
  ingestRoleExists: boolean,
): Promise<Table[]> {
  const other = ingestRoleExists ? ingestGroup : "pg_monitor";
  const rows = await sql`
    select c.relname::text as name, c.relrowsecurity as row_security,
      pg_has_role(current_user, c.relowner, 'USAGE') as owned,
      exists (select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped) as user_owned,
      to_json(array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
        where has_table_privilege(c.oid, p)
          or (p not in ('DELETE', 'TRUNCATE') and has_any_column_privilege(c.oid, p)))) as privileges,
      to_json(array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
        where has_table_privilege(${other}::text::name, c.oid, p))) as ingest_privileges
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') order by 1`;
  return rows.map((row) => ({
    name: row.name,
    userOwned: row.user_owned,
    rowSecurity: row.row_security,
    owned: row.owned,
    privileges: row.privileges,
    ingestPrivileges: ingestRoleExists ? row.ingest_privileges : [],
  }));
}

/** Entries that are looked at for one without a place in the log. */
const mostWaiting = 10_000;

const dateOf = (epoch: number | null) => (epoch === null ? null : new Date(epoch * 1000));

async function readPeople(sql: Query) {
  const hashes = await sql`
    select split_part(password_hash, '$', 2) as algorithm, split_part(password_hash, '$', 4) as parameters,
      count(*)::int as count
    from users group by 1, 2`;
  const [people] = await sql`
    select (count(*) filter (where role = 'admin'))::int as administrators, count(*)::int as privileged,
      (count(*) filter (where second_factor_at is null))::int as without_second_factor
    from users where disabled_at is null
      and (role = 'admin' or role = 'auditor' and coalesce(role_until > now(), true))`;
  return {
    passwordHashes: hashes.map(({ algorithm, parameters, count }) => ({
      algorithm,
      parameters,
      count,
    })),
    administrators: Number(people?.administrators),
    privileged: {
      count: Number(people?.privileged),
      withoutSecondFactor: Number(people?.without_second_factor),
    },
  };
}

/** By a function of the owner, as the application sees only keys of the user in whose name it asks. */
async function readApiKeys(sql: Query): Promise<LiveDatabase["apiKeys"]> {
  const [known] = await sql`
    select to_regprocedure('public.api_key_totals(timestamptz)') is not null as known`;
  if (!known?.known) return null;
  const [row] = await sql`
    select active::int, unending::int, unused::int, anywhere::int from api_key_totals(now())`;
  return {
    active: Number(row?.active),
    unending: Number(row?.unending),
    unused: Number(row?.unused),
    anywhere: Number(row?.anywhere),
  };
}

async function readAudit(sql: Query) {
  // The oldest of those that may wait, by the index: a plan for all of them would read all leaves.
  const [log] = await sql`
    with newest as (select size, settled from audit_checkpoints order by size desc limit 1),
    recent as materialized (
      select id, at, xact from audit_entries
      where xact >= coalesce((select settled from newest), '0') order by xact limit ${mostWaiting}::int)
    select coalesce((select size from newest), 0)::float8 as size,
      (select extract(epoch from at)::float8 from recent
        where not exists (select from audit_leaves where entry_id = recent.id)
        order by xact limit 1) as unsealed_since,
      (select extract(epoch from max(at))::float8 from audit_lookup
        where action = 'backup.created') as last_backup`;
  const witnesses = await sql`
    select kind, every_seconds, confirmed_size::float8 as confirmed_size, contradicts,
      extract(epoch from failing_since)::float8 as failing_since,
      (select extract(epoch from c.at)::float8 from audit_checkpoints c
        where c.size > w.confirmed_size order by c.size limit 1) as next_at
    from witnesses w`;
  return {
    auditSize: Number(log?.size),
    unsealedSince: dateOf(log?.unsealed_since ?? null),
    lastBackupAt: dateOf(log?.last_backup ?? null),
    witnesses: witnesses.map((row) => ({
      kind: row.kind,
      everySeconds: row.every_seconds,
      confirmedSize: row.confirmed_size,
      contradicts: row.contradicts,
      failingSince: dateOf(row.failing_since),
      nextAt: dateOf(row.next_at),
    })),
  };
}

async function readRows(sql: Query) {
  const overrides = await sql`select name, points, duration_seconds from limit_overrides`;
  const [open] = await sql`
    select count(*)::int as old from alerts
    where resolved_at is null and opened_at < now() - interval '3 days' and kind <> 'posture_worsened'`;
  return {
    ...(await readPeople(sql)),
    limitOverrides: overrides.map(({ name, points, duration_seconds }) => ({
      name,
      points,
      durationSeconds: duration_seconds,
    })),
    apiKeys: await readApiKeys(sql),
    oldAlerts: Number(open?.old),
    ...(await readAudit(sql)),
  };
}

const nothing = {
  passwordHashes: [],
  administrators: 0,
  privileged: { count: 0, withoutSecondFactor: 0 },
  limitOverrides: [],
  apiKeys: null,
  oldAlerts: 0,
  unsealedSince: null,
  auditSize: 0,
  lastBackupAt: null,
  witnesses: [],
};

/** Reads the catalogue and a few counts, as whoever is connected. */
export async function readLiveDatabase(sql: Query): Promise<LiveDatabase> {
  const [connection] = await sql`select current_database() as name`;
  const names = roleNames(connection?.name);
  const role = await readRole(sql, names);
  const settings = await sql`
    select name, setting from pg_settings where name in (select json_array_elements_text(${JSON.stringify(settingNames)}::text::json))`;
  return {
    role: role.role,
    version: role.version,
    migrated: role.migrated,
    encryption: role.encryption,
    settings: Object.fromEntries(settings.map(({ name, setting }) => [name, setting])),
    attributes: role.attributes,
    memberships: role.memberships,
    mayCreateIn: role.may_create_in,
    ingestRoleExists: role.ingest_role_exists,
    otherSessions: await readOtherSessions(sql, names),
    tables: await readTables(sql, names, role.ingest_role_exists),
    ...(role.migrated ? await readRows(sql) : nothing),
  };
}
