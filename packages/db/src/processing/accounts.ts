import { challenges } from "../schema/challenges.ts";
import { knownDevices } from "../schema/known-devices.ts";
import { linkTokens } from "../schema/link-tokens.ts";
import { refreshTokens } from "../schema/refresh-tokens.ts";
import { passkeys, recoveryCodes, totpFactors } from "../schema/second-factors.ts";
import { sessions } from "../schema/sessions.ts";
import { signIns } from "../schema/sign-ins.ts";
import { users } from "../schema/users.ts";
import { declare, internal, secret } from "./declare.ts";

const contract = "performance of a contract (Art. 6 (1) b), to be confirmed by the operator";
const security = "legitimate interest: security (Art. 6 (1) f), to be confirmed by the operator";

/** Accounts and how people sign in to them. */
export const accountDeclarations = [
  declare(users, {
    purpose: "the account",
    basis: contract,
    kept: "account",
    owner: "id",
    columns: {
      id: "names the account",
      email: "signing in, and mails about the account",
      displayName: "how others on the instance see the person",
      passwordHash: secret("proves the password"),
      role: "what the person may do",
      roleUntil: "until when, where the role of an auditor has an end",
      createdAt: "since when there is an account",
      lastSignInAt: "shows unused accounts",
      disabledAt: "since when an administrator has disabled it",
      lockedUntil: "until when strangers may not try to sign in",
      secondFactorAt: "since when the password alone is not enough",
      passwordIsShort: internal("that the password may not stand alone"),
      retentionDays: "how long events are kept, as the person chose",
      eraseAt: "when the person is erased, as they asked",
      erasureId: "names the certificate of that",
    },
  }),
  declare(sessions, {
    purpose: "where somebody is signed in",
    basis: contract,
    kept: "sessions",
    owner: "userId",
    columns: {
      id: secret("finds the session of a cookie"),
      publicId: "names the session in lists",
      kind: "browser or program",
      userId: "whose it is",
      createdAt: "when it began",
      authenticatedAt: "when the person last proved who they are",
      methods: "with what",
      lastUsedAt: "shows unused sessions, and ends idle ones",
      expiresAt: "when it ends",
      address: "shows the person from where",
      userAgent: "shows the person with what",
    },
  }),
  declare(refreshTokens, {
    purpose: "sign-ins of programs",
    basis: contract,
    kept: "sessions",
    owner: "userId",
    columns: {
      hash: secret("finds the token"),
      sessionId: secret("the sign-in it is of"),
      userId: "whose it is",
      generation: "how many came before it",
      usedAt: "betrays a copy that is used again",
      successorSalt: secret("makes the next token"),
    },
  }),
  declare(signIns, {
    purpose: "shows a person the recent sign-ins to their account, and attempts",
    basis: security,
    kept: "signIns",
    owner: "userId",
    columns: {
      id: "names it",
      userId: "whose account",
      at: "when",
      outcome: "how it ended",
      address: "from where",
      userAgent: "with what",
    },
  }),
  declare(knownDevices, {
    purpose: "lets the owner in where strangers are locked out",
    basis: security,
    kept: "account",
    owner: "userId",
    columns: {
      userId: "whose browser",
      hash: secret("knows the browser again"),
      createdAt: "since when",
      lastUsedAt: "when last",
    },
  }),
  declare(linkTokens, {
    purpose: "single-use links in mails",
    basis: contract,
    kept: "links",
    owner: "userId",
    columns: {
      hash: secret("finds the link"),
      id: "names it",
      purpose: "what it is for",
      userId: "whose account it is about",
      email: "where it was sent",
      role: "what an invited person will be",
      roleUntil: "until when",
      displayName: "what a person who signs up is called",
      passwordHash: secret("the password of who signs up"),
      invitedBy: "who invited them",
      invited: "whether somebody was invited",
      createdAt: "when it was made",
      expiresAt: "until when it works",
    },
  }),
  declare(challenges, {
    purpose: "half-done sign-ins, and downloads of the audit log that may begin",
    basis: security,
    kept: "challenges",
    owner: "userId",
    columns: {
      hash: secret("finds the challenge"),
      purpose: "what it is for",
      userId: "whose sign-in",
      sessionId: secret("the session that asked"),
      passwordDigest: secret("ends it when the password changes"),
      attempts: "how often it was tried",
      createdAt: "when it was made",
      expiresAt: "until when it works",
    },
  }),
  declare(totpFactors, {
    purpose: "codes of an authenticator app",
    basis: security,
    kept: "account",
    owner: "userId",
    columns: {
      userId: "whose app",
      secret: secret("makes the codes"),
      pendingSecret: secret("the same before it is confirmed"),
      confirmedAt: "since when",
      lastStep: internal("so that no code works twice"),
    },
  }),
  declare(recoveryCodes, {
    purpose: "the way in without the app",
    basis: security,
    kept: "account",
    owner: "userId",
    columns: { userId: "whose code", hash: secret("finds the code") },
  }),
  declare(passkeys, {
    purpose: "signing in without a password",
    basis: security,
    kept: "account",
    owner: "userId",
    columns: {
      id: "names it",
      userId: "whose it is",
      credentialId: "as the browser names it",
      publicKey: "checks its signatures",
      counter: "betrays a copy",
      transports: "how the browser reaches it",
      backedUp: "whether it is kept elsewhere too",
      name: "what the person calls it",
      createdAt: "since when",
      lastUsedAt: "when last",
    },
  }),
];
