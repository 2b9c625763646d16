import type { RoleNames } from "./role-names.ts";

/** A name as SQL text. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** What each group may do; whatever is not listed here it may not. */
export function grantsTo({ appGroup, ingestGroup }: RoleNames): string {
  const app = quoted(appGroup);
  const ingest = quoted(ingestGroup);
  return `
    grant usage on schema public to ${app}, ${ingest};
    grant select, insert, update, delete on
      users, sessions, known_devices, sign_ins, refresh_tokens, link_tokens, challenges,
      totp_factors, recovery_codes, data_keys, exports, export_pieces, agents, api_keys, saved_views, limit_overrides, jobs,
      audit_refusals, webhooks, webhook_deliveries, alert_rules, alert_rule_counts,
      alert_firings, alert_notices, event_exports, event_imports, event_import_pieces, event_import_rejects,
      witnesses, witnessed_logs, uploads, stored_files, sightings, key_places to ${app};
    grant select, insert, delete on passkeys to ${app};
    revoke update on passkeys from ${app};
    grant update (name, counter, backed_up, last_used_at) on passkeys to ${app};
    grant select, insert, update on alerts, erasures to ${app};
    grant select, insert on
      audit_entries, audit_leaves, audit_subtrees, audit_checkpoints, audit_cosignatures to ${app};
    grant select on audit_log, audit_lookup, fingerprint_key to ${app};
    grant select, delete on events, event_ids, receipts, agent_counters, agent_counter_changes,
      agent_sequences, event_counts, event_count_changes to ${app};
    grant insert on event_count_changes to ${app};
    grant select, insert, update, delete on event_chunks, event_index to ${app};
    grant select on agent_totals to ${app};
    grant insert on events, event_ids, receipts, event_count_changes, agent_counter_changes
      to ${ingest};
    grant select (user_id, id, digest) on event_ids to ${ingest};
    do $$ declare part regclass; begin
      for part in select inhrelid::regclass from pg_inherits
        where inhparent in ('events'::regclass, 'event_ids'::regclass)
      loop execute format('grant insert on %s to %s', part, ${literal(ingest)}); end loop;
    end $$;
    revoke all on agent_counters from ${ingest};
    grant execute on function ensure_event_partition(timestamptz) to ${app}, ${ingest};
    grant execute on function is_page_origin(text), api_key_owners(uuid[]), api_key_names(uuid[]), api_key_totals(timestamptz), unsealed_audit_entries(), touch_api_keys(jsonb), hold_api_keys(uuid[]), user_overview(uuid[]), delete_expired_sessions(),
      delete_expired_challenges(), delete_expired_links(), delete_old_sign_ins(),
      delete_expired_exports(), event_partitions_of(uuid), delete_user(uuid), fold_event_counts(integer), fold_agent_counters(integer),
      users_to_index(integer, integer), users_to_expire(uuid, integer, timestamptz, integer),
      expired_event_partition(timestamptz),
      delete_event_blocks(text, bigint, integer), drop_event_partition(text),
      due_alert_rules(timestamptz, integer, uuid[]), new_alert_rules(integer), delete_old_notices(timestamptz), delete_old_alerts(timestamptz), delete_verdicts_about(text[]), delete_old_sightings(timestamptz), delete_old_exports(timestamptz),
      give_up_imports(timestamptz, timestamptz), delete_old_imports(timestamptz),
      delete_uploads_of_gone_events(integer), files_of_nothing(timestamptz, integer) to ${app};
  `;
}

const ingestPolicies: [string, string, string][] = [
  ["ingest_insert", "events", "for insert to % with check (true)"],
  ["ingest_insert", "event_ids", "for insert to % with check (true)"],
  ["ingest_dedupe", "event_ids", "for select to % using (true)"],
  ["ingest_insert", "receipts", "for insert to % with check (true)"],
  ["ingest_insert", "agent_counter_changes", "for insert to % with check (true)"],
  ["ingest_insert", "event_count_changes", "for insert to % with check (true)"],
];

/** A database with fewer for its ingest group needs them made anew. */
export const ingestPolicyCount = ingestPolicies.length;

/** Policies that let the ingest group write for every user; made anew, as a copy of a database has those of the original. */
export const ingestPoliciesFor = ({ ingestGroup }: RoleNames) =>
  ingestPolicies
    .map(
      ([name, table, rule]) =>
        `drop policy if exists ${name} on ${table};
         create policy ${name} on ${table} ${rule.replace("%", () => quoted(ingestGroup))};`,
    )
    .join("\n");

/** Only the owner and the two groups may enter; other databases' roles on the server may not. */
export const entryFor = (database: string, { appGroup, ingestGroup }: RoleNames) => `
  revoke connect on database ${quoted(database)} from public;
  grant connect on database ${quoted(database)} to ${quoted(appGroup)}, ${quoted(ingestGroup)};
`;
