import type postgres from "postgres";
import { type ConnectionFacts, connect, mayEnter } from "./connection.ts";
import type { DatabaseConnections } from "./database.ts";
import { entryFor, grantsTo, ingestPoliciesFor, ingestPolicyCount, quoted } from "./grants.ts";
import { type RoleNames, roleNames } from "./role-names.ts";

/** What an operator runs once where the owner may not create roles. */
export const rolesToGrant = "ALTER ROLE <owner> CREATEROLE;";

/** A role of a name that Muniment needs was there before, so it may belong to somebody else. */
export class ForeignRole extends Error {
  constructor(name: string, group: string) {
    super(
      `The database server has a role ${quoted(name)} that Muniment did not make for this database. Rename it (ALTER ROLE ... RENAME TO ...), or hand it over with GRANT ${quoted(group)} TO ${quoted(name)}; its password will be changed.`,
    );
  }
}

/** A role has a password that the secrets do not give, and servers may be signing in by it. */
export class PasswordOfOthers extends Error {
  constructor(name: string) {
    super(
      `The database role ${quoted(name)} has a password that ENCRYPTION_KEY does not give. If the key was rotated, start the server with it first, and then run this again.`,
    );
  }
}

type Login = { name: string; group: string; passwords: readonly string[] };

async function exists(sql: postgres.TransactionSql, name: string) {
  return (await sql`select 1 from pg_roles where rolname = ${name}`).length > 0;
}

async function createGroup(sql: postgres.TransactionSql, name: string) {
  if (!(await exists(sql, name))) await sql.unsafe(`create role ${quoted(name)} nologin`);
}

async function createLogin(sql: postgres.TransactionSql, { name, group, passwords }: Login) {
  if (await exists(sql, name)) {
    const ours = await sql`
      select 1 from pg_auth_members
      where roleid = ${group}::text::regrole and member = ${name}::text::regrole`;
    if (ours.length === 0) throw new ForeignRole(name, group);
    return;
  }
  const [row] = await sql`select quote_literal(${passwords[0] ?? ""}::text) as password`;
  await sql.unsafe(
    `create role ${quoted(name)} login nosuperuser nocreatedb nocreaterole nobypassrls password ${row?.password};
     grant ${quoted(group)} to ${quoted(name)};`,
  );
}

type Options = {
  /** Changes no password, as a server that runs with other elements could open no connection then. */
  keepPasswords?: boolean;
};

/**
 * Keeps a password that other nodes may be using; sets one only where none of the ring is right. Nodes that
 * run then have that one in their ring, too, and find out (`connect`).
 */
async function signIn(
  owner: postgres.Sql,
  facts: ConnectionFacts,
  login: Login,
  { keepPasswords = false }: Options,
) {
  const candidates = login.passwords.map((password) => ({
    ...facts,
    username: login.name,
    password,
    otherPasswords: login.passwords.filter((other) => other !== password),
  }));
  for (const candidate of candidates) if (await mayEnter(candidate)) return candidate;
  const [first] = candidates;
  if (!first) throw new Error(`no password for the role ${login.name}`);
  if (keepPasswords) throw new PasswordOfOthers(login.name);
  const [row] = await owner`select quote_literal(${first.password}::text) as password`;
  await owner.unsafe(`alter role ${quoted(login.name)} login password ${row?.password}`);
  return first;
}

async function prepare(
  sql: postgres.TransactionSql,
  database: string,
  names: RoleNames,
  logins: Login[],
) {
  await createGroup(sql, names.appGroup);
  await createGroup(sql, names.ingestGroup);
  await sql.unsafe(grantsTo(names));
  const policies = await sql`
    select 1 from pg_policies where ${names.ingestGroup} = any(roles)`;
  if (policies.length < ingestPolicyCount) await sql.unsafe(ingestPoliciesFor(names));
  for (const login of logins) await createLogin(sql, login);
  const [row] = await sql`
    select pg_has_role(current_user, datdba, 'USAGE') as ours from pg_database
    where datname = current_database()`;
  if (row?.ours) await sql.unsafe(entryFor(database, names));
}

const isInsufficientPrivilege = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "42501";

/**
 * Creates the application's login roles and gives them exactly what they need: no table can be
 * altered by them and no audit entry updated or deleted. Where the owner may not create roles the
 * owner's own connection is answered with `separate: false`; then only the queries keep users apart.
 *
 * @param passwordsOf the passwords a role may have; a new one gets the first
 * @throws ForeignRole when a role of a needed name is not ours
 * @throws PasswordOfOthers with `keepPasswords`, where none of them is right
 */
export async function prepareRoles(
  ownerFacts: ConnectionFacts,
  appFacts: ConnectionFacts | null,
  passwordsOf: (role: string) => readonly string[],
  options: Options = {},
): Promise<{ connections: DatabaseConnections; separate: boolean }> {
  const { database } = ownerFacts;
  const names = roleNames(database);
  const login = (name: string, group: string) => ({ name, group, passwords: passwordsOf(name) });
  const ingest = login(names.ingest, names.ingestGroup);
  const app = appFacts ? null : login(names.app, names.appGroup);
  const owner = connect(ownerFacts, { max: 1, applicationName: "muniment-roles" });
  try {
    // Nodes that start at once take turns; the lock ends with the connection.
    await owner`select pg_advisory_lock(hashtext('muniment roles'))`;
    await owner.begin(async (tx) => {
      await prepare(tx, database, names, app ? [ingest, app] : [ingest]);
      if (appFacts) {
        await tx.unsafe(`grant ${quoted(names.appGroup)} to ${quoted(appFacts.username)}`);
      }
    });
    const connections = {
      app: app ? await signIn(owner, ownerFacts, app, options) : (appFacts ?? ownerFacts),
      ingest: await signIn(owner, ownerFacts, ingest, options),
    };
    return { connections, separate: true };
  } catch (error) {
    if (!isInsufficientPrivilege(error)) throw error;
    return { connections: { app: appFacts ?? ownerFacts, ingest: ownerFacts }, separate: false };
  } finally {
    await owner.end({ timeout: 2 });
  }
}
