import type { TestServer } from "./harness.ts";

/** Cells whose counts, with the changes not yet added, differ from a full count, in any interval and grouping. */
export const wrongCounts = (server: TestServer) => server.owner`
  with cells as (
    select m.minutes, a.apart, user_id, level,
      date_bin(m.minutes * interval '1 minute', at, '1970-01-01Z') as start,
      case when a.apart & 1 = 1 then agent_id::text end as agent,
      case when a.apart & 2 = 2 then type end as type, count
    from (
      select user_id, agent_id, type, level, occurred_at as at, 1 as count from events
      union all
      select user_id, agent_id, type, level, start, -count from event_count_changes
    ) all_events
    cross join (values (5), (15), (360)) as m (minutes)
    join generate_series(0, 3) as a (apart) on m.minutes > 5 or a.apart = 0
    union all
    select minutes, apart, user_id, (place - 1) % 5, start + (place - 1) / 5 * minutes * interval '1 minute',
      case when apart & 1 = 1 then agent_id::text end, case when apart & 2 = 2 then type end, -count
    from event_counts cross join unnest(counts) with ordinality as cell (count, place)
  )
  select minutes, apart, user_id, start, agent, type, level, sum(count)::int as difference
  from cells group by 1, 2, 3, 4, 5, 6, 7 having sum(count) <> 0`;
