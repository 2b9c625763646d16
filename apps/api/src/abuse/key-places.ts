import type { Database } from "@muniment/db/database.ts";
import { sql } from "drizzle-orm";
import type { KeyUse } from "../identity/identities.ts";
import { placeOf } from "./places.ts";
import type { Sightings } from "./sightings.ts";

/** A key that was used from this many networks or more is one that moves, and says nothing by it. */
const steadyPlaces = 4;
const steadyDays = 7;
/** Networks kept of a key: what is beyond is not, and the key is known to move. */
const maxPlaces = 20;
/** How often a node writes that a key is still used where it was. */
const writtenMilliseconds = 3_600_000;
const maxKnown = 20_000;

export type KeyPlaces = {
  /** Keeps from where keys were used, and notes each that is used from a network new to it. */
  write(used: ReadonlyMap<string, KeyUse>): Promise<void>;
};

/**
 * Knows the networks of keys. A key of pages is used by everybody, so it has none. Nothing is lost that
 * matters where a write fails: the next use from there is new again.
 */
export function createKeyPlaces(
  database: Database,
  sightings: Pick<Sightings, "note">,
  now: () => Date,
): KeyPlaces {
  /** What this node has written, with the time, so that the same is not written every second. */
  let known = new Map<string, number>();

  return {
    async write(used) {
      const at = now();
      const rows = new Map<
        string,
        { key: string; user: string; network: string; address: string }
      >();
      for (const [keyId, { principal, addresses }] of used) {
        if (principal.origins.length > 0) continue;
        for (const address of addresses) {
          const { network } = placeOf(address);
          const place = `${keyId} ${network}`;
          const isKnown = at.getTime() - (known.get(place) ?? 0) < writtenMilliseconds;
          if (network !== "" && !isKnown) {
            rows.set(place, { key: keyId, user: principal.userId, network, address });
          }
        }
      }
      if (rows.size === 0) return;
      const inOrder = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
      const keys = inOrder.map(({ key }) => key);
      const moved = await database.transaction({}, (tx) =>
        tx.execute<{ key: string; user: string; address: string }>(sql`
          with used as (
            select * from jsonb_to_recordset(${JSON.stringify(inOrder)}::text::jsonb)
              as r (key uuid, "user" uuid, network text, address text)
            where key in (select hold_api_keys(${`{${keys.join(",")}}`}::text::uuid[]))
          ), before as (
            select api_key_id, count(*) as places, min(first_at) as since
            from key_places where api_key_id in (select key from used) group by 1
          ), written as (
            insert into key_places (api_key_id, network, about_user_id, first_at, last_at)
            select key, network, "user", ${at.toISOString()}::timestamptz, ${at.toISOString()}::timestamptz
            from used left join before on api_key_id = key
            where coalesce(places, 0) < ${maxPlaces} or exists (
              select from key_places k where k.api_key_id = key and k.network = used.network)
            on conflict (api_key_id, network) do update set last_at = excluded.last_at
            returning api_key_id, network, first_at
          )
          select used.key, used."user", used.address
          from written w join used on used.key = w.api_key_id and used.network = w.network
          join before b on b.api_key_id = w.api_key_id
          where w.first_at = ${at.toISOString()}::timestamptz
            and b.places < ${steadyPlaces}
            and b.since < ${at.toISOString()}::timestamptz - make_interval(days => ${steadyDays})`),
      );
      if (known.size > maxKnown) known = new Map();
      for (const place of rows.keys()) known.set(place, at.getTime());
      for (const { key, user, address } of moved) {
        sightings.note({ signal: "key_moved", address, subject: key, userId: user });
      }
    },
  };
}
