import { createHmac } from "node:crypto";
import type { Database } from "@muniment/db/database.ts";
import type { Signal } from "@muniment/shared/abuse-rules.ts";
import { sql } from "drizzle-orm";
import { placeOf } from "./places.ts";

/** What happened, where, and what it is about: an account by its e-mail address, or something else. */
export type Sighting = {
  signal: Signal;
  address: string;
  /** The account, which need not exist. */
  email?: string;
  /** Where it is not an account: an API key's id, a keyed hash of what was tried, a name. */
  subject?: string;
  /** Whose it is, where that is known. */
  userId?: string;
};

type Row = {
  start: string;
  signal: Signal;
  network: string;
  address: string;
  subject: string;
  email: string | null;
  user_id: string | null;
  times: number;
  first_at: string;
  last_at: string;
};

/** How long one row counts. */
export const pieceMilliseconds = 600_000;
/**
 * Rows that a node adds for a signal in a piece, and of these for one address and for one subject: an
 * attacker with very many of either fills some, and what comes on top is counted in fewer. Nobody can
 * add sign-ins who has no accounts, and each that is known keeps failures from being taken for an attack.
 */
const mostOf = (signal: Signal) =>
  signal === "signed_in" ? { rows: 5000, ofOne: 500 } : { rows: 500, ofOne: 50 };

/** Of these for keys of one account, and keys: what is beyond is counted without address, or without key. */
const mostOfOwner = { rows: 20, keys: 10 };

export type Sightings = {
  /** Counts in memory, without waiting. */
  note(sighting: Sighting): void;
  /** Names a secret or a person without telling it. */
  hashed(text: string): string;
  /** Writes what was noted, and waits for what is being written already. */
  flush(): Promise<void>;
};

/** How many rows there are of whatever a text names, in the running piece. */
function createRoom() {
  let piece = 0;
  let known = new Set<string>();
  let counts = new Map<string, number>();
  const has = (text: string, limit: number) => (counts.get(text) ?? 0) < limit;
  return {
    /** The same row, or one that tells less where too many like it are there. */
    fit(start: number, row: Row): Row {
      if (start !== piece) {
        piece = start;
        known = new Set();
        counts = new Map();
      }
      const placed = { ...row };
      const most = mostOf(row.signal);
      const of = (text: string) => `${row.signal} ${text}`;
      const key = () => of(`${placed.network} ${placed.address} ${placed.subject}`);
      const isKnown = () => known.has(key());
      const add = (text: string) => counts.set(of(text), (counts.get(of(text)) ?? 0) + 1);
      const owner = row.email === null && row.user_id;
      const isNewKey = owner && !counts.has(of(`about ${row.subject}`));
      const hasEnough = !has(of(`rows of ${owner}`), mostOfOwner.rows);
      if (!isKnown() && owner && hasEnough) Object.assign(placed, { address: "", network: "" });
      if (!isKnown() && isNewKey && !has(of(`keys of ${owner}`), mostOfOwner.keys))
        Object.assign(placed, { address: "", network: "", subject: "" });
      const triesAll = placed.address && !has(of(`of ${row.address}`), most.ofOne);
      if (!isKnown() && triesAll) placed.subject = "";
      const isEverywhere = placed.subject && !has(of(`about ${row.subject}`), most.ofOne);
      if (!isKnown() && isEverywhere) placed.address = "";
      if (!isKnown() && !has(of(""), most.rows))
        Object.assign(placed, { address: "", subject: "" });
      if (!isKnown() && !has(of(""), 2 * most.rows)) placed.network = "";
      if (placed.subject === "") Object.assign(placed, { email: null, user_id: null });
      if (!isKnown()) {
        known.add(key());
        for (const text of ["", `of ${placed.address}`, `about ${placed.subject}`]) add(text);
        if (owner && placed.subject) add(`rows of ${owner}`);
        if (isNewKey && placed.subject) add(`keys of ${owner}`);
      }
      return placed;
    },
  };
}

/**
 * Counts what the product sees in memory, and adds it to the table that all nodes share: one row for
 * each signal, address and subject in ten minutes. `key` hides the subjects.
 */
export function createSightings(database: Database, key: Buffer, now: () => Date): Sightings {
  const room = createRoom();
  let pending = new Map<string, Row>();
  let writing = Promise.resolve();
  const hashed = (text: string) =>
    createHmac("sha256", key).update(`sighting ${text}`).digest("base64url").slice(0, 22);

  function add(row: Row) {
    const place = `${row.start} ${row.signal} ${row.network} ${row.address} ${row.subject}`;
    const before = pending.get(place);
    if (!before) {
      pending.set(place, row);
      return;
    }
    before.times += row.times;
    if (row.last_at > before.last_at) before.last_at = row.last_at;
    if (row.first_at < before.first_at) before.first_at = row.first_at;
  }

  async function write(rows: Row[]) {
    // Whom an account belongs to is looked up here, for no caller may wait longer because there is one.
    await database.transaction({}, (tx) =>
      tx.execute(sql`
        insert into sightings
          (start, signal, network, address, subject, about_user_id, times, first_at, last_at)
        select r.start, r.signal, r.network, r.address, r.subject, coalesce(known.id, named.id),
          r.times, r.first_at, r.last_at
        from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r
          (start timestamptz, signal text, network text, address text, subject text, email text,
            user_id uuid, times integer, first_at timestamptz, last_at timestamptz)
        left join users known on known.id = r.user_id
        left join users named on named.email = r.email and r.user_id is null
        on conflict (start, signal, network, address, subject) do update set
          times = sightings.times + excluded.times,
          first_at = least(sightings.first_at, excluded.first_at),
          last_at = greatest(sightings.last_at, excluded.last_at)`),
    );
  }

  async function writePending() {
    if (pending.size === 0) return;
    const taken = pending;
    pending = new Map();
    // Nodes that write the same rows must do it in the same order, or they deadlock.
    const rows = [...taken].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    try {
      await write(rows);
    } catch (error) {
      for (const row of rows) add(row);
      throw error;
    }
  }

  return {
    hashed,
    note({ signal, address, email, subject, userId }) {
      const at = now();
      const start = at.getTime() - (at.getTime() % pieceMilliseconds);
      const row = {
        start: new Date(start).toISOString(),
        signal,
        ...placeOf(address),
        subject: subject ?? (email === undefined ? "" : hashed(email)),
        email: email ?? null,
        user_id: userId ?? null,
        times: 1,
        first_at: at.toISOString(),
        last_at: at.toISOString(),
      };
      add(room.fit(start, row));
    },
    flush() {
      // One that failed has put its rows back, and told who asked for it.
      writing = writing.catch(() => {}).then(writePending);
      return writing;
    },
  };
}
