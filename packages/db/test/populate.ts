import { randomBytes, randomUUID } from "node:crypto";
import type postgres from "postgres";

export type Person = { id: string; sessionId: string; hmac: string; challenge: string };

/** A user with one row in every table. */
export async function populate(owner: postgres.Sql): Promise<Person> {
  const [id, agentId, keyId, eventId, batchId] = Array.from({ length: 5 }, () => randomUUID());
  const sessionId = randomBytes(32).toString("hex");
  const [hmac, challenge] = [randomBytes(32), randomBytes(32)];
  const now = new Date();
  // Past its time, a row is deleted by a server that runs on the database.
  const later = new Date(now.getTime() + 3_600_000);
  if (!id || !agentId || !keyId || !eventId || !batchId) throw new Error("no ids");
  await owner`insert into users ${owner({ id, email: `${id}@example.org`, display_name: "x", password_hash: "x", role: "member", created_at: now })}`;
  await owner`insert into sessions ${owner({ id: sessionId, public_id: randomUUID(), user_id: id, created_at: now, authenticated_at: now, last_used_at: now, expires_at: later, address: "", user_agent: "" })}`;
  await owner`insert into refresh_tokens ${owner({ hash: Buffer.from(sessionId, "hex"), session_id: sessionId, user_id: id, generation: 0 })}`;
  await owner`insert into known_devices ${owner({ user_id: id, hash: randomBytes(32), created_at: now, last_used_at: now })}`;
  await owner`insert into sign_ins ${owner({ id: randomUUID(), user_id: id, at: now, outcome: "signed_in", address: "", user_agent: "" })}`;
  await owner`insert into agents ${owner({ id: agentId, user_id: id, name: "a", description: "", environment: "production", created_at: now })}`;
  await owner`insert into api_keys ${owner({ id: keyId, user_id: id, agent_id: agentId, name: "k", prefix: "mnt_xxxxxxxx", hmac, scopes: [], allowed_cidrs: [], event_types: [], created_at: now })}`;
  await owner`insert into key_places ${owner({ api_key_id: keyId, network: "192.0.2.0/24", about_user_id: id, first_at: now, last_at: now })}`;
  await owner`insert into sightings ${owner({ start: now, signal: "key_moved", network: "192.0.2.0/24", address: "192.0.2.1", subject: keyId, about_user_id: id, times: 1, first_at: now, last_at: now })}`;
  await owner`insert into events ${owner({ user_id: id, id: eventId, agent_id: agentId, api_key_id: keyId, batch_id: batchId, type: "t", level: 1, occurred_at: now, received_at: now })}`;
  await owner`insert into event_ids ${owner({ user_id: id, id: eventId, occurred_at: now, digest: Buffer.from("d") })}`;
  await owner`insert into receipts (user_id, batch_id, event_ids, event_times) values (${id}, ${batchId}, array[${eventId}]::uuid[], array[now()])`;
  const sent = {
    user_id: id,
    agent_id: agentId,
    api_key_id: keyId,
    batches: 1,
    sent: 1,
    accepted: 1,
    duplicates: 0,
    rejected: 0,
    last_received_at: now,
  };
  await owner`insert into agent_counters ${owner(sent)}`;
  await owner`insert into agent_counter_changes ${owner(sent)}`;
  await owner`insert into agent_sequences ${owner({ user_id: id, agent_id: agentId, seen: "{[1,2)}", lost: 0 })}`;
  await owner`insert into totp_factors ${owner({ user_id: id, secret: "s", last_step: 0 })}`;
  await owner`insert into recovery_codes ${owner({ user_id: id, hash: randomBytes(32) })}`;
  await owner`insert into passkeys ${owner({ id: randomUUID(), user_id: id, credential_id: "c", public_key: randomBytes(32), counter: 0, transports: [], backed_up: false, name: "p", created_at: now })}`;
  await owner`insert into challenges ${owner({ hash: challenge, purpose: "second_factor", user_id: id, created_at: now, expires_at: later })}`;
  const counted = { user_id: id, start: now, agent_id: agentId, type: "t" };
  await owner`insert into event_count_changes ${owner({ ...counted, level: 1, count: 1 })}`;
  const counts = [1, ...Array<number>(19).fill(0)];
  await owner`insert into event_counts ${owner({ ...counted, minutes: 15, apart: 3, counts })}`;
  await owner`insert into event_chunks ${owner({ user_id: id, newest: now, oldest: now, id: randomUUID(), fields: randomBytes(8), message: randomBytes(8), props: randomBytes(8), numbers: "{}" })}`;
  await owner`insert into event_index ${owner({ user_id: id, cluster: "c", commit_xid: "0", position: 0, accepted: 0 })}`;
  await owner`insert into saved_views ${owner({ id: randomUUID(), user_id: id, name: "v", query: "", display: "{}", created_at: now, updated_at: now })}`;
  const exportId = randomUUID();
  await owner`insert into exports ${owner({ id: exportId, user_id: id, requested_at: now, expires_at: later })}`;
  await owner`insert into export_pieces ${owner({ user_id: id, export_id: exportId, place: 0, sealed: randomBytes(8) })}`;
  await owner`insert into link_tokens ${owner({ hash: randomBytes(32), purpose: "password_reset", user_id: id, created_at: now, expires_at: later })}`;
  const [webhookId, ruleId, times] = [
    randomUUID(),
    randomUUID(),
    { created_at: now, updated_at: now },
  ];
  await owner`insert into event_exports ${owner({ id: randomUUID(), user_id: id, format: "csv", query: "", to: now, status: "done", ...times })}`;
  const importId = randomUUID();
  await owner`insert into event_imports ${owner({ id: importId, user_id: id, agent_id: agentId, name: "f", format: "csv", columns: "{}", allow_incomplete: false, status: "running", ...times })}`;
  await owner`insert into event_import_pieces ${owner({ user_id: id, import_id: importId, start: 0, size: 8, sealed: randomBytes(8) })}`;
  await owner`insert into event_import_rejects ${owner({ user_id: id, import_id: importId, line: 1, reason: "r", message: "m" })}`;
  await owner`insert into uploads ${owner({ id: randomUUID(), user_id: id, name: "f", type: "text/plain", bytes: 1, sha256: randomBytes(32), sent_sha256: randomBytes(32), scanned: false, created_at: now })}`;
  await owner`insert into webhooks ${owner({ id: webhookId, user_id: id, name: "w", url: "u", secret: "s", ...times })}`;
  await owner`insert into webhook_deliveries ${owner({ id: randomUUID(), user_id: id, webhook_id: webhookId, sequence: 1, topic: "webhook.test", body: "{}", status: "pending", attempts: "[]", created_at: now })}`;
  await owner`insert into alert_rules ${owner({ id: ruleId, user_id: id, name: "r", query: "", threshold: 1, window_minutes: 1, cooldown_minutes: 1, email: true, webhook_ids: [], seen_xid: "0", seen_position: 0, next_check_at: now, ...times })}`;
  await owner`insert into alert_notices ${owner({ user_id: id, severity: "high", email: true, webhook_ids: [], updated_at: now })}`;
  await owner`insert into alert_rule_counts ${owner({ rule_id: ruleId, user_id: id, start: now, count: 1 })}`;
  await owner`insert into alert_firings ${owner({ id: randomUUID(), rule_id: ruleId, user_id: id, opened_at: now, threshold: 1, window_minutes: 1, count: 2, peak: 2, notified: true })}`;
  return { id, sessionId, hmac: hmac.toString("hex"), challenge: challenge.toString("hex") };
}
