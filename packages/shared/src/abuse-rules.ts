/** What the product notes as it happens. Each is counted with the address that it came from. */
export const signals = [
  /** A wrong password for an account, which need not exist. */
  "sign_in_failed",
  /** A wrong code of a second factor: whoever gave it has the password. */
  "code_failed",
  "signed_in",
  /** A sign-in in a browser where the account was not signed in before, though it was in others. */
  "new_device",
  /** A change by which a thief of an account keeps it: `sensitiveActions`. */
  "sensitive_act",
  /** An API key that never was one. */
  "key_unknown",
  /** An API key that was revoked or has expired. */
  "key_dead",
  /** An API key from an address or a page where it may not be used. */
  "key_elsewhere",
  /** An API key that asked for what it has no scope for. */
  "key_overreach",
  /** An API key from a network that is new to it, after a long time in the same few. */
  "key_moved",
  /** A link, cookie or access token that is wrong. */
  "token_wrong",
  /** A call that was malformed, or of nothing that there is. */
  "call_wrong",
  /** What only somebody sends who looks for holes. */
  "probe",
  /** A signed-in user asked for what their role may not. */
  "not_permitted",
  /** A mail that was not sent, because its recipient got too many. */
  "mail_refused",
  /** A limit that was made much weaker. */
  "limit_weakened",
] as const;
export type Signal = (typeof signals)[number];

/** After any of these, who did it holds the account for longer than the session. */
export const sensitiveActions: ReadonlySet<string> = new Set([
  "account.password_changed",
  "account.email_change_requested",
  "totp.enabled",
  "totp.disabled",
  "passkey.created",
  "passkey.deleted",
  "recovery_codes.replaced",
  "api_key.created",
  "api_key.rotated",
]);

/** What is counted together. */
export type Per = "address" | "network" | "account" | "key" | "limit" | "reader" | "everyone";

/** How much of it is too much: all that are named must be reached. */
type Least = {
  times?: number;
  /** Different accounts, keys or whatever else the signal is about. */
  subjects?: number;
  addresses?: number;
};

export type AbuseRule = {
  title: string;
  severity: "low" | "medium" | "high";
  /** What is counted; `data.read` is counted in the audit log. */
  sees: readonly Signal[] | "data.read";
  per: Per;
  windowMinutes: number;
  least: Least;
  /** What must come after, from the same address: by the same account, or by whichever. */
  followedBy?: { signal: Signal; by: "same" | "any" };
  /** Where the owner got in afterwards from the same address, failures are no attack. */
  forgives?: true;
  /** What ordinary thing looks like this, or why none does. */
  ordinary: string;
  advice: string;
};

const failures = ["sign_in_failed", "code_failed"] as const;

/**
 * Everything that the abuse engine judges, and all there is to tune. It only tells: no rule locks,
 * blocks or slows anybody, so that no stranger can use one against an owner (docs/adr/0064).
 */
export const abuseRules = {
  credential_stuffing: {
    title: "One address tries many accounts",
    severity: "medium",
    ...{ sees: failures, per: "address", windowMinutes: 60, least: { subjects: 10 } },
    forgives: true,
    ordinary:
      "An office behind one address, on a day when ten people forget their passwords for good.",
    advice:
      "The limits slow it down already. If nobody of yours is at that address, block it in front of the server.",
  },
  password_spraying: {
    title: "Neighbouring addresses try many accounts",
    severity: "medium",
    ...{ sees: failures, per: "network", windowMinutes: 60, least: { subjects: 15, addresses: 3 } },
    forgives: true,
    ordinary: "A large site whose people leave by several addresses.",
    advice: "Block the network in front of the server if nobody of yours is there.",
  },
  distributed_guessing: {
    title: "Many addresses try many accounts",
    severity: "medium",
    ...{
      sees: failures,
      per: "everyone",
      windowMinutes: 360,
      least: { subjects: 50, addresses: 20 },
    },
    forgives: true,
    ordinary: "The morning after a change that made many passwords useless.",
    advice:
      "Somebody tries leaked passwords from many machines. Ask people for second factors (REQUIRE_MFA), and look for accounts that were signed in to from new devices.",
  },
  account_besieged: {
    title: "Many addresses try one account",
    severity: "medium",
    ...{ sees: failures, per: "account", windowMinutes: 60, least: { times: 20, addresses: 5 } },
    forgives: true,
    ordinary: "A program with an old password on several machines of its owner.",
    advice:
      "The owner still gets in where they signed in before. Make sure that the account has a second factor.",
  },
  sign_in_after_stuffing: {
    title: "An address that tried many accounts got into one",
    severity: "high",
    ...{ sees: failures, per: "account", windowMinutes: 60, least: { subjects: 5 } },
    followedBy: { signal: "signed_in", by: "any" },
    forgives: true,
    ordinary: "Five people at one address who gave up, and a sixth who signed in.",
    advice:
      "Ask the owner whether it was them. If not, end their sessions and send a reset of the password from the page of the user.",
  },
  password_guessed: {
    title: "A sign-in after many wrong passwords",
    severity: "high",
    ...{ sees: failures, per: "account", windowMinutes: 120, least: { times: 8 } },
    followedBy: { signal: "signed_in", by: "same" },
    ordinary:
      "An owner who comes back after the pause that five wrong passwords cost, and remembers.",
    advice:
      "Ask the owner whether it was them. If not, end their sessions and send a reset of the password from the page of the user.",
  },
  codes_guessed: {
    title: "Somebody with the password tries codes",
    severity: "high",
    ...{ sees: ["code_failed"], per: "account", windowMinutes: 60, least: { times: 6 } },
    ordinary: "An owner whose phone has the wrong time.",
    advice:
      "The password is known to whoever does this. If it is not the owner, send a reset of the password from the page of the user.",
  },
  new_device_took_over: {
    title: "A new device changed what guards an account",
    severity: "medium",
    ...{ sees: ["new_device"], per: "account", windowMinutes: 30, least: { times: 1 } },
    followedBy: { signal: "sensitive_act", by: "same" },
    ordinary: "An owner who got a new machine and sets it up.",
    advice:
      "Ask the owner whether it was them, by another way than their mailbox. If not, end their sessions and take back what was changed.",
  },
  keys_guessed: {
    title: "An address tries API keys",
    severity: "medium",
    ...{ sees: ["key_unknown"], per: "address", windowMinutes: 60, least: { subjects: 10 } },
    ordinary: "None: a sender that was set up wrongly sends one wrong key, not ten.",
    advice:
      "A key cannot be guessed; somebody may try a list. Block the address in front of the server.",
  },
  keys_guessed_widely: {
    title: "Many addresses try API keys",
    severity: "medium",
    ...{
      sees: ["key_unknown"],
      per: "everyone",
      windowMinutes: 360,
      least: { subjects: 50, addresses: 10 },
    },
    ordinary: "Many senders that were set up from the wrong installation.",
    advice: "A key cannot be guessed; somebody may try a list from many machines.",
  },
  dead_key_used: {
    title: "A revoked or expired API key is still used",
    severity: "medium",
    ...{ sees: ["key_dead"], per: "key", windowMinutes: 60, least: { times: 5 } },
    ordinary: "A sender that was forgotten when its key was rotated.",
    advice:
      "Ask the owner of the key. If it was revoked because it leaked, whoever has it is still trying: find out what it could read before.",
  },
  key_elsewhere: {
    title: "An API key is used from where it may not be",
    severity: "medium",
    ...{ sees: ["key_elsewhere"], per: "key", windowMinutes: 60, least: { times: 5 } },
    ordinary: "A sender that moved before its key was told.",
    advice: "If the sender did not move, the key has leaked: rotate it.",
  },
  key_overreach: {
    title: "An API key keeps asking for what it may not",
    severity: "low",
    ...{ sees: ["key_overreach"], per: "key", windowMinutes: 60, least: { times: 20 } },
    ordinary: "A program that was given too few scopes.",
    advice: "Ask the owner what the program wants. If nobody knows, rotate the key.",
  },
  key_moved: {
    title: "An API key is used from a new network",
    severity: "medium",
    ...{ sees: ["key_moved"], per: "key", windowMinutes: 60, least: { times: 1 } },
    ordinary:
      "A sender that moved for the first time in a week or more; one that moves often is not told of.",
    advice:
      "If the owner did not move the sender, the key has leaked: rotate it, with allowed addresses.",
  },
  tokens_guessed: {
    title: "An address tries links, cookies or tokens",
    severity: "medium",
    ...{ sees: ["token_wrong"], per: "address", windowMinutes: 60, least: { subjects: 20 } },
    ordinary: "Many browsers behind one address on the day that all sessions were ended.",
    advice: "They cannot be guessed. Block the address in front of the server.",
  },
  api_scanned: {
    title: "An address looks what there is to call",
    severity: "low",
    ...{ sees: ["call_wrong"], per: "address", windowMinutes: 20, least: { times: 60 } },
    ordinary: "A client under development.",
    advice:
      "Look what the address did besides. Block it in front of the server if nobody of yours is there.",
  },
  probes: {
    title: "An address looks for known holes",
    severity: "low",
    ...{ sees: ["probe"], per: "address", windowMinutes: 60, least: { times: 5 } },
    ordinary: "None, but on the public internet it happens every day and means little.",
    advice: "Nothing that it asked for is here. Look only for what the address did besides.",
  },
  rights_tried: {
    title: "A user keeps asking for what they may not",
    severity: "medium",
    ...{ sees: ["not_permitted"], per: "account", windowMinutes: 60, least: { times: 20 } },
    ordinary: "None: the pages offer nobody what they may not do.",
    advice:
      "Ask the owner. If it was not them, end their sessions: a stolen one is being tried out.",
  },
  mail_bombing: {
    title: "Somebody is sent more mails than allowed",
    severity: "low",
    ...{ sees: ["mail_refused"], per: "account", windowMinutes: 60, least: { times: 5 } },
    ordinary: "Somebody who waits for a mail that does not arrive, and asks again and again.",
    advice: "No more are sent for an hour. Look whether mails arrive at all.",
  },
  mass_reading: {
    title: "Somebody reads the data of very many people",
    severity: "medium",
    ...{ sees: "data.read", per: "reader", windowMinutes: 60, least: { subjects: 500 } },
    ordinary: "An administrator who goes through all users, or through the log of very many.",
    advice: "Ask them what for. If it was not them, end their sessions and take their role.",
  },
  limit_weakened: {
    title: "A limit was made ten times weaker than usual, or more",
    severity: "medium",
    ...{ sees: ["limit_weakened"], per: "limit", windowMinutes: 60, least: { times: 1 } },
    ordinary: "A test of load that somebody runs.",
    advice: "The audit log tells who did it. Set it back on the page of limits when it has served.",
  },
} as const satisfies Record<string, AbuseRule>;

export type AbuseRuleName = keyof typeof abuseRules;
export const abuseRuleNames = Object.keys(abuseRules) as [AbuseRuleName, ...AbuseRuleName[]];
