import type { Role } from "@muniment/shared/permissions.ts";

/** What an account's owner is told of. None holds text that a caller chose: it would go out under our name. */
export type Notice =
  | { kind: "password_changed" }
  | { kind: "password_reset" }
  | { kind: "email_change_requested" }
  | { kind: "email_changed" }
  | { kind: "email_removed" }
  | { kind: "factor_added" }
  | { kind: "factor_removed" }
  | { kind: "recovery_codes_regenerated" }
  | { kind: "recovery_code_used" }
  | { kind: "passkey_added" }
  | { kind: "passkey_removed" }
  | { kind: "new_device" }
  | { kind: "new_program" }
  | { kind: "sessions_revoked" }
  | { kind: "account_locked" }
  | { kind: "erasure_requested" }
  | { kind: "erasure_cancelled" }
  | { kind: "webhook_disabled" }
  | { kind: "codes_locked" }
  | { kind: "factors_removed" }
  | { kind: "role_ended" }
  | { kind: "role_changed"; role: Role; until: Date | null };

type Text = {
  subject: string;
  /** The sentences of what happened; `account` is the address of the account. */
  happened: (account: string) => string;
  /** Whom to turn to when it was not the owner. */
  remedy: "reset" | "administrator" | "none";
};

const fixed = {
  password_changed: {
    subject: "Your password was changed",
    happened: (account) =>
      `The password of ${account} was changed. Every other session of the account has ended.`,
    remedy: "reset",
  },
  password_reset: {
    subject: "Your password was reset",
    happened: (account) =>
      `A new password was set for ${account} with a link that was sent to this address. Every session of the account has ended.`,
    remedy: "reset",
  },
  email_change_requested: {
    subject: "Another address for your account",
    happened: (account) =>
      `Another address was given for the account ${account}. Nothing has changed yet: it must be confirmed first.`,
    remedy: "reset",
  },
  email_removed: {
    subject: "An address was taken back",
    happened: (account) =>
      `The account that used ${account} has its former address again. ${account} no longer signs in.`,
    remedy: "administrator",
  },
  email_changed: {
    subject: "The address of your account was changed",
    happened: (account) =>
      `${account} is now the address of your account. Sign in with it from now on.`,
    remedy: "administrator",
  },
  factor_added: {
    subject: "A second factor was added",
    happened: (account) => `Signing in as ${account} now also asks for a code of an app.`,
    remedy: "reset",
  },
  factor_removed: {
    subject: "A second factor was removed",
    happened: (account) => `Signing in as ${account} no longer asks for a code of an app.`,
    remedy: "reset",
  },
  recovery_codes_regenerated: {
    subject: "Your recovery codes were replaced",
    happened: (account) =>
      `New recovery codes were made for ${account}. The earlier ones no longer work.`,
    remedy: "reset",
  },
  recovery_code_used: {
    subject: "A recovery code was used",
    happened: (account) =>
      `A recovery code stood for the second factor of ${account}. It works no more; how many are left stands on your account page, where you can make new ones.`,
    remedy: "reset",
  },
  passkey_added: {
    subject: "A passkey was added",
    happened: (account) => `A passkey was added with which to sign in as ${account}.`,
    remedy: "reset",
  },
  passkey_removed: {
    subject: "A passkey was removed",
    happened: (account) => `A passkey of ${account} was removed and no longer works.`,
    remedy: "reset",
  },
  new_device: {
    subject: "A sign-in from a new device",
    happened: (account) => `Somebody signed in as ${account} from a device not seen before.`,
    remedy: "reset",
  },
  new_program: {
    subject: "A program signed in from a new address",
    happened: (account) =>
      `A program signed in as ${account} from an address where nobody has signed in to the account for 90 days.`,
    remedy: "reset",
  },
  sessions_revoked: {
    subject: "You were signed out",
    happened: (account) => `An administrator ended sessions of ${account}. Sign in again to go on.`,
    remedy: "none",
  },
  account_locked: {
    subject: "Sign-in to your account is locked for a while",
    happened: (account) =>
      `There were too many failed attempts to sign in as ${account}. Sign-in from devices not seen before is refused for a while, and then works again by itself. Your password was not found out.`,
    remedy: "none",
  },
  webhook_disabled: {
    subject: "A webhook was turned off",
    happened: (account) =>
      `Nothing that was sent to one of the webhooks of ${account} has arrived for three days, so it was turned off. Nothing more is sent there until it is turned on again, on the page Webhooks; what did not arrive is kept there and can be sent again.`,
    remedy: "none",
  },
  codes_locked: {
    subject: "Somebody tries codes to get into your account",
    happened: (account) =>
      `Somebody who knows the password of ${account} gave too many wrong codes of your authenticator app. Codes are refused for a day, except on devices where you have signed in before; recovery codes and passkeys work everywhere.`,
    remedy: "reset",
  },
  factors_removed: {
    subject: "Your second factors were removed",
    happened: (account) =>
      `An administrator removed every second factor of ${account}, because you have lost them, as we hope. Your password works no longer either: set a new one with the link in the other mail.`,
    remedy: "administrator",
  },
  erasure_requested: {
    subject: "Your account is to be erased",
    happened: (account) =>
      `Somebody signed in as ${account} asked for the account and all its data to be erased. It can be taken back on the page "Your data" until then.`,
    remedy: "reset",
  },
  role_ended: {
    subject: "Your role has ended",
    happened: (account) =>
      `${account} was an auditor until now, as an administrator had set, and is a member again. Sign in again to go on.`,
    remedy: "none",
  },
  erasure_cancelled: {
    subject: "Your account is not erased",
    happened: (account) => `The erasure of ${account} was taken back.`,
    remedy: "reset",
  },
} as const satisfies Record<Exclude<Notice["kind"], "role_changed">, Text>;

/** The words for a notice. */
export function textOf(notice: Notice): Text {
  if (notice.kind !== "role_changed") return fixed[notice.kind];
  return {
    subject: "Your role was changed",
    happened: (account) =>
      `An administrator made ${account} ${notice.role}${notice.until ? ` until ${notice.until.toUTCString()}` : ""}. Sign in again to go on.`,
    remedy: "none",
  };
}
