import type postgres from "postgres";
import { type ConnectionFacts, connect } from "./connection.ts";
import type { DatabaseConnections } from "./database.ts";

/** Group roles that hold the privileges; login roles of one database are members of them. */
export const appRole = "muniment_app_group";
export const ingestRole = "muniment_ingest_group";

const grants = `
  grant usage on schema public to ${appRole}, ${ingestRole};
  grant select, insert, update, delete on
    users, sessions, link_tokens, agents, api_keys, limit_overrides, jobs, audit_refusals to ${appRole};
  grant select, insert on audit_entries to ${appRole};
  grant select on audit_log to ${appRole};
  grant select, delete on events, event_ids, receipts, agent_counters to ${appRole};
  grant insert on events, event_ids, receipts to ${ingestRole};
  grant select (user_id, id, digest) on event_ids to ${ingestRole};
  grant insert, select, update on agent_counters to ${ingestRole};
  grant execute on function ensure_event_partition(timestamptz) to ${appRole}, ${ingestRole};
  grant execute on function touch_api_keys(jsonb), user_overview(uuid[]), delete_expired_sessions()
    to ${appRole};
`;

const ingestPolicies = `
  create policy ingest_insert on events for insert to ${ingestRole} with check (true);
  create policy ingest_insert on event_ids for insert to ${ingestRole} with check (true);
  create policy ingest_dedupe on event_ids for select to ${ingestRole} using (true);
  create policy ingest_insert on receipts for insert to ${ingestRole} with check (true);
  create policy ingest_count on agent_counters to ${ingestRole} using (true) with check (true);
`;

/** What an operator runs once where the owner may not create roles. */
export const rolesToGrant = `CREATE ROLE ${appRole} NOLOGIN; CREATE ROLE ${ingestRole} NOLOGIN; ALTER ROLE <owner> CREATEROLE;`;

async function createGroupRole(owner: postgres.Sql, name: string) {
  await owner.unsafe(
    `do $$ begin create role ${name} nologin; exception when duplicate_object or unique_violation then null; end $$`,
  );
}

async function setLogin(owner: postgres.Sql, name: string, password: string, group: string) {
  const known = await owner`select 1 from pg_roles where rolname = ${name}`;
  // Only a superuser may name these attributes of a role that exists; of a new one everybody may.
  const statement =
    known.length > 0
      ? "alter role %I login password %L"
      : "create role %I login nosuperuser nocreatedb nocreaterole nobypassrls password %L";
  const [row] = await owner`
    select format(${statement}, ${name}::text, ${password}::text) as login,
           format('grant %I to %I', ${group}::text, ${name}::text) as membership`;
  await owner.unsafe(row?.login);
  await owner.unsafe(row?.membership);
}

const isInsufficientPrivilege = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "42501";

/**
 * Creates the application's login roles and gives them exactly what they need: no table can be
 * altered by them and no audit entry updated or deleted. Where the owner may not create roles the
 * owner's own connection is answered with `separate: false`; then only the queries keep users apart.
 */
export async function prepareRoles(
  ownerFacts: ConnectionFacts,
  appFacts: ConnectionFacts | null,
  passwordOf: (role: string) => string,
): Promise<{ connections: DatabaseConnections; separate: boolean }> {
  const owner = connect(ownerFacts, { max: 1, applicationName: "muniment-roles" });
  try {
    // Nodes that start at once take turns; the lock ends with the connection.
    await owner`select pg_advisory_lock(hashtext('muniment roles'))`;
    await createGroupRole(owner, appRole);
    await createGroupRole(owner, ingestRole);
    await owner.begin(async (tx) => {
      await tx.unsafe(grants);
      const present = await tx`select 1 from pg_policies where policyname = 'ingest_count'`;
      if (present.length === 0) await tx.unsafe(ingestPolicies);
    });
    const login = async (suffix: string, group: string) => {
      const username = `${ownerFacts.database}_${suffix}`.slice(0, 63);
      const password = passwordOf(username);
      await setLogin(owner, username, password, group);
      return { ...ownerFacts, username, password };
    };
    const ingest = await login("ingest", ingestRole);
    if (!appFacts)
      return { connections: { app: await login("app", appRole), ingest }, separate: true };
    await owner.unsafe(`grant ${appRole} to "${appFacts.username.replaceAll('"', '""')}"`);
    return { connections: { app: appFacts, ingest }, separate: true };
  } catch (error) {
    if (!isInsufficientPrivilege(error)) throw error;
    const shared = appFacts ?? ownerFacts;
    return { connections: { app: shared, ingest: ownerFacts }, separate: false };
  } finally {
    await owner.end({ timeout: 2 });
  }
}
