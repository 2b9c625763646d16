import type { connect } from "@muniment/db/connection.ts";
import { type RoleNames, roleNames } from "@muniment/db/role-names.ts";

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
  limitOverrides: { name: string; points: number; durationSeconds: number }[];
};

type Sql = ReturnType<typeof connect>;

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

async function readRole(sql: Sql, { appGroup, ingestGroup }: RoleNames) {
  const [row] = await sql`
    select current_user::text as role, current_setting('server_version_num')::int as version,
      to_regclass('public.audit_entries') is not null as migrated,
      exists (select from pg_roles where rolname = ${ingestGroup}) as ingest_role_exists,
      (select version from pg_stat_ssl where pid = pg_backend_pid() and ssl) as encryption,
      array_remove(array[
        case when rolsuper then 'SUPERUSER' end, case when rolcreaterole then 'CREATEROLE' end,
        case when rolcreatedb then 'CREATEDB' end, case when rolreplication then 'REPLICATION' end,
        case when rolbypassrls then 'BYPASSRLS' end], null) as attributes,
      array(select rolname::text from pg_roles
        where rolname not in (current_user, ${appGroup}) and pg_has_role(current_user, oid, 'MEMBER')
        order by 1) as memberships,
      array_remove(array[
        case when has_schema_privilege('public', 'CREATE') then 'schema public' end,
        case when has_database_privilege(current_database(), 'CREATE') then 'database' end], null) as may_create_in
    from pg_roles where rolname = current_user`;
  if (!row) throw new Error("the role in use is not in pg_roles");
  return row;
}

/** The owner belongs to the roles it made, but as their administrator only. */
async function readOtherSessions(sql: Sql, { ingestGroup }: RoleNames): Promise<string[]> {
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
  sql: Sql,
  { ingestGroup }: RoleNames,
  ingestRoleExists: boolean,
): Promise<Table[]> {
  const other = ingestRoleExists ? ingestGroup : "pg_monitor";
  const rows = await sql`
    select c.relname::text as name, c.relrowsecurity as row_security,
      pg_has_role(current_user, c.relowner, 'USAGE') as owned,
      exists (select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped) as user_owned,
      array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
        where has_table_privilege(c.oid, p)
          or (p not in ('DELETE', 'TRUNCATE') and has_any_column_privilege(c.oid, p))) as privileges,
      array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
        where has_table_privilege(${other}, c.oid, p)) as ingest_privileges
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

async function readRows(sql: Sql) {
  const hashes = await sql`
    select split_part(password_hash, '$', 2) as algorithm, split_part(password_hash, '$', 4) as parameters,
      count(*)::int as count
    from users group by 1, 2`;
  const [admins] = await sql`
    select count(*)::int as count from users where role = 'admin' and disabled_at is null`;
  const overrides = await sql`select name, points, duration_seconds from limit_overrides`;
  return {
    passwordHashes: hashes.map(({ algorithm, parameters, count }) => ({
      algorithm,
      parameters,
      count,
    })),
    administrators: Number(admins?.count),
    limitOverrides: overrides.map(({ name, points, duration_seconds }) => ({
      name,
      points,
      durationSeconds: duration_seconds,
    })),
  };
}

/** Reads the catalogue and a few counts, as whoever is connected. */
export async function readLiveDatabase(sql: Sql): Promise<LiveDatabase> {
  const [connection] = await sql`select current_database() as name`;
  const names = roleNames(connection?.name);
  const role = await readRole(sql, names);
  const settings = await sql`
    select name, setting from pg_settings where name = any(${settingNames})`;
  const nothing = { passwordHashes: [], administrators: 0, limitOverrides: [] };
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
