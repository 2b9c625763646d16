import type { Database } from "@muniment/db/database.ts";
import { signIns } from "@muniment/db/schema/sign-ins.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { SignInOutcome } from "@muniment/shared/sign-ins.ts";
import { and, eq, inArray, isNotNull, isNull, lte, or, type SQL } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { raiseAlert } from "../alerts/raise.ts";
import type { DataKeys } from "../audit/data-keys.ts";
import { writeAuditEntry } from "../audit/write.ts";
import type { Notify } from "../notices/notify.ts";
import type { RequestFacts } from "../trpc/context.ts";

type Failure = Omit<typeof signIns.$inferInsert, "id" | "userId">;
type Pending = { failures: Failure[]; lockedUntil?: Date };

/** Kept per account between two flushes: more than the limits let through. */
const maxPending = 200;

export type FailedSignIns = {
  /**
   * Notes a failed attempt at an account, which need not exist; `lockSeconds` when it was the last
   * that strangers had. Written later, so that no caller waits for what only accounts have.
   */
  note(
    email: string,
    outcome: SignInOutcome,
    request: Pick<RequestFacts, "address" | "userAgent">,
    lockSeconds?: number,
  ): void;
  /** Writes what was noted. */
  flush(): Promise<void>;
  /** Leaves an entry for each lock whose time is over. */
  unlock(): Promise<void>;
  /** The same for every lock: of a start that counts in memory, which has forgotten them all. */
  unlockAll(): Promise<void>;
};

export function createFailedSignIns(
  database: Database,
  dataKeys: DataKeys,
  notify: Notify,
  now: () => Date,
): FailedSignIns {
  let pending = new Map<string, Pending>();

  async function lock(email: string, id: string, until: Date) {
    await database.transaction({}, async (tx) => {
      const at = now();
      const isFree = or(isNull(users.lockedUntil), lte(users.lockedUntil, at));
      const locked = await tx
        .update(users)
        .set({ lockedUntil: until })
        .where(and(eq(users.id, id), isFree))
        .returning({ id: users.id });
      if (locked.length === 0) return;
      await writeAuditEntry(tx, dataKeys, {
        at,
        principal: { kind: "anonymous" },
        action: "account.locked",
        outcome: "success",
        target: { kind: "user", id, label: email },
        details: { seconds: Math.ceil((until.getTime() - at.getTime()) / 1000) },
      });
      await raiseAlert(tx, "account_locked", { userId: id, key: id, details: {}, now: at });
      await notify(tx, email, { kind: "account_locked" });
    });
  }

  async function write(noted: Map<string, Pending>) {
    const accounts = await database
      .background({})
      .select({ id: users.id, email: users.email })
      .from(users)
      .where(inArray(users.email, [...noted.keys()]));
    for (const { id: userId, email } of accounts) {
      const { failures = [], lockedUntil } = noted.get(email) ?? {};
      if (failures.length > 0) {
        const rows = failures.map((failure) => ({ ...failure, id: uuidv7(), userId }));
        await database.transaction({ userId }, (tx) => tx.insert(signIns).values(rows));
      }
      if (lockedUntil) await lock(email, userId, lockedUntil);
      noted.delete(email);
    }
  }

  const unlockWhere = (isOver: (at: Date) => SQL) =>
    database.transaction({}, async (tx) => {
      const at = now();
      const open = await tx
        .update(users)
        .set({ lockedUntil: null })
        .where(isOver(at))
        .returning({ id: users.id, email: users.email });
      for (const { id, email } of open) {
        await writeAuditEntry(tx, dataKeys, {
          at,
          principal: { kind: "anonymous" },
          action: "account.unlocked",
          outcome: "success",
          target: { kind: "user", id, label: email },
          details: {},
        });
      }
    });

  return {
    note(email, outcome, { address, userAgent }, lockSeconds) {
      const at = now();
      const known = pending.get(email) ?? { failures: [] };
      if (known.failures.length < maxPending)
        known.failures.push({ at, outcome, address, userAgent });
      if (lockSeconds !== undefined)
        known.lockedUntil = new Date(at.getTime() + lockSeconds * 1000);
      pending.set(email, known);
    },
    async flush() {
      if (pending.size === 0) return;
      const noted = pending;
      pending = new Map();
      try {
        await write(noted);
      } catch (error) {
        for (const [email, { failures, ...rest }] of noted) {
          const later = pending.get(email);
          pending.set(email, {
            ...rest,
            ...later,
            failures: [...failures, ...(later?.failures ?? [])].slice(0, maxPending),
          });
        }
        throw error;
      }
    },
    unlock: () => unlockWhere((at) => lte(users.lockedUntil, at)),
    unlockAll: () => unlockWhere(() => isNotNull(users.lockedUntil)),
  };
}
