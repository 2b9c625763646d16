-- Replaced and not made anew, so that who may read it stays as it is.
CREATE OR REPLACE VIEW "public"."audit_log" AS (
  select id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id, details, personal,
    actor_commitment, target_commitment
  from audit_entries
  union all
  select id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, request_id,
    details || jsonb_build_object('count', count), personal, actor_commitment, target_commitment
  from audit_refusals
);
