import { roles } from "@muniment/shared/permissions.ts";
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { id, time } from "./columns.ts";

/** `email` is canonical (lower case, ASCII); one account exists per address. */
export const users = pgTable(
  "users",
  {
    id: id(),
    email: text("email").notNull(),
    displayName: text("display_name").notNull(),
    passwordHash: text("password_hash").notNull(),
    role: text("role", { enum: roles }).notNull(),
    /** From then on an auditor is a member, whatever `role` still says; null: without end. */
    roleUntil: time("role_until"),
    createdAt: time("created_at").notNull(),
    lastSignInAt: time("last_sign_in_at"),
    disabledAt: time("disabled_at"),
    /** While later than now: strangers may not try to sign in, there were too many failed attempts. */
    lockedUntil: time("locked_until"),
    /** Since when the password alone does not sign in; null while there is no second factor. */
    secondFactorAt: time("second_factor_at"),
    /** The password is one that may not stand alone; a check holds it to `secondFactorAt`. */
    passwordIsShort: boolean("password_is_short").notNull().default(false),
    /** How long the user's events are kept; null: as long as the instance keeps them. */
    retentionDays: integer("retention_days"),
    /** When the user is erased, who may take that back until then; null where it was not asked for. */
    eraseAt: time("erase_at"),
    /** What the erasure and its certificate will be known by. */
    erasureId: uuid("erasure_id"),
  },
  (table) => [
    uniqueIndex("users_email_key").on(table.email),
    check(
      "users_short_password_has_second_factor",
      sql`not ${table.passwordIsShort} or ${table.secondFactorAt} is not null`,
    ),
    check(
      "users_only_auditors_have_an_end",
      sql`${table.roleUntil} is null or ${table.role} = 'auditor'`,
    ),
    index("users_role_until_idx").on(table.roleUntil).where(sql`${table.roleUntil} is not null`),
    index("users_created_at_idx").on(table.createdAt, table.id),
    index("users_erase_at_idx").on(table.eraseAt).where(sql`${table.eraseAt} is not null`),
    index("users_locked_until_idx")
      .on(table.lockedUntil)
      .where(sql`${table.lockedUntil} is not null`),
  ],
);
