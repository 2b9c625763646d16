/** Which tables stand under which heading; a table that is named nowhere stands under the last. */
const subjects: readonly (readonly [string, readonly string[]])[] = [
  [
    "Your account and how you sign in",
    [
      "users",
      "sessions",
      "refresh_tokens",
      "sign_ins",
      "known_devices",
      "link_tokens",
      "challenges",
      "totp_factors",
      "recovery_codes",
      "passkeys",
    ],
  ],
  [
    "Your agents and their events",
    [
      "agents",
      "api_keys",
      "events",
      "event_ids",
      "receipts",
      "agent_counters",
      "agent_counter_changes",
      "agent_sequences",
      "event_counts",
      "event_count_changes",
      "event_chunks",
      "event_index",
      "event_exports",
      "event_imports",
      "event_import_rejects",
      "uploads",
      "saved_views",
    ],
  ],
  [
    "What you are told of",
    ["alert_rules", "alert_rule_counts", "alert_firings", "webhooks", "webhook_deliveries"],
  ],
  ["Evidence, copies and the running of the server", []],
];

/** The record's tables by heading, in the record's order; headings without tables are left out. */
export function bySubject<T extends { table: string }>(tables: readonly T[]) {
  const last = subjects.length - 1;
  const placeOf = ({ table }: T) => {
    const place = subjects.findIndex(([, names]) => names.includes(table));
    return place < 0 ? last : place;
  };
  return subjects
    .map(([subject], place) => ({
      subject,
      tables: tables.filter((table) => placeOf(table) === place),
    }))
    .filter((group) => group.tables.length > 0);
}
