import type { Database } from "@muniment/db/database.ts";

/** What was looked up holds this long; a page whose key is revoked is refused by the call itself. */
const knownMilliseconds = 10_000;
const mostKnown = 10_000;

export type PageOrigins = {
  /**
   * Whether any living key may be used by pages of this origin. `mayLookUp` is asked first where that
   * is not known, and no is the answer when it says no.
   */
  includes(origin: string, mayLookUp: () => Promise<boolean>): Promise<boolean>;
  /** Forgets what was looked up, as a key was made. */
  forget(): void;
};

/** The origins of publishable keys, so that their browsers can be told that they may send. */
export function createPageOrigins(database: Database, now: () => Date): PageOrigins {
  let known = new Map<string, { isIn: boolean; until: number }>();

  async function lookUp(origin: string): Promise<boolean> {
    const [row] = await database.raw`
      select is_page_origin(${origin}) as found`;
    return row?.found === true;
  }

  return {
    async includes(origin, mayLookUp) {
      const at = now().getTime();
      const before = known.get(origin);
      if (before && before.until > at) return before.isIn;
      if (!(await mayLookUp())) return false;
      const generation = known;
      const isIn = await lookUp(origin);
      // A key made meanwhile has emptied it.
      if (generation === known) {
        if (known.size >= mostKnown) known.clear();
        known.set(origin, { isIn, until: at + knownMilliseconds });
      }
      return isIn;
    },
    forget() {
      known = new Map();
    },
  };
}
