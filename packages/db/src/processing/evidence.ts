import {
  auditCheckpoints,
  auditEntries,
  auditLeaves,
  auditRefusals,
  auditSubtrees,
} from "../schema/audit.ts";
import { dataKeys } from "../schema/data-keys.ts";
import { erasures } from "../schema/erasures.ts";
import { exportPieces, exports } from "../schema/exports.ts";
import { fingerprintKey } from "../schema/fingerprint-key.ts";
import { jobs } from "../schema/jobs.ts";
import { limitOverrides } from "../schema/limits.ts";
import { auditCosignatures, witnessedLogs, witnesses } from "../schema/witnesses.ts";
import { declare, internal, secret } from "./declare.ts";

const contract = "performance of a contract (Art. 6 (1) b), to be confirmed by the operator";
const duty =
  "legal obligation or legitimate interest: evidence (Art. 6 (1) c or f), to be confirmed by the operator";
const none = "not personal data";

const sought = {
  at: "when",
  actorKind: "what kind of actor",
  actorId: "who, by an id that means nothing once the person is erased",
  action: "did what",
  targetKind: "to what kind of thing",
  targetId: "to which",
  outcome: "how it ended",
};

const entry = {
  id: "names the entry",
  ...sought,
  requestId: "in which call",
  details: "more, none of it personal",
  personal:
    "address of the account, network address and browser, encrypted under a key of the person",
  actorCommitment: internal("shows that this was not altered"),
  targetCommitment: internal("shows that this was not altered"),
};

/** The audit log, copies of one's own data, and what the machine needs. */
export const evidenceDeclarations = [
  declare(auditEntries, {
    purpose: "the audit log: who did what",
    basis: duty,
    kept: "log",
    owner: null,
    columns: { ...entry, xact: internal("finds what was entered since") },
  }),
  declare(auditRefusals, {
    purpose: "entries of the running minute",
    basis: duty,
    kept: "minutes",
    owner: null,
    columns: {
      ...entry,
      minute: "of which minute",
      caller: internal("a keyed hash, to count like calls together"),
      procedure: "what was called",
      reason: "why it was refused",
      count: "how often",
    },
  }),
  declare(auditLeaves, {
    purpose: "the order of the log, and what its entries are found by",
    basis: duty,
    kept: "log",
    owner: null,
    columns: {
      index: internal("its place"),
      entryId: internal("which entry"),
      hash: internal("its hash"),
      ...sought,
      subjects: "whose data an answer showed, by ids that mean nothing once the people are erased",
      everyone: "whether it may have shown anybody's",
    },
  }),
  declare(auditSubtrees, {
    purpose: "the tree of the log",
    basis: none,
    kept: "installation",
    owner: null,
    columns: {
      level: internal("its place"),
      index: internal("its place"),
      hash: internal("its hash"),
    },
  }),
  declare(auditCheckpoints, {
    purpose: "signed statements of the log",
    basis: none,
    kept: "installation",
    owner: null,
    columns: {
      size: internal("how many entries"),
      note: internal("the statement"),
      at: internal("when"),
      settled: internal("what is in it"),
      cluster: internal("which server"),
    },
  }),
  declare(auditCosignatures, {
    purpose: "what witnesses signed of the log",
    basis: none,
    kept: "installation",
    owner: null,
    columns: {
      size: internal("of which checkpoint"),
      key: internal("which witness"),
      line: internal("its signature"),
      at: internal("when"),
    },
  }),
  declare(witnesses, {
    purpose: "where checkpoints of the log are sent to",
    basis: duty,
    kept: "installation",
    owner: null,
    columns: {
      id: "names it",
      kind: "how they are sent",
      target: "where to: a URL, a path, or an address, which goes with the account of that address",
      key: internal("what it signs with"),
      secret: secret("signs what is sent"),
      bucket: internal("how a store of objects is called"),
      everySeconds: internal("how often"),
      createdAt: "since when",
      confirmedSize: internal("what arrived"),
      confirmedAt: internal("when"),
      failures: internal("how often nothing arrived"),
      failingSince: internal("since when nothing arrives"),
      problem: internal("why"),
      contradicts: internal("whether it knows another log"),
      nextAttemptAt: internal("when it is next sent to"),
      lockedUntil: internal("who is at it"),
    },
  }),
  declare(witnessedLogs, {
    purpose: "logs of others that this installation is a witness of",
    basis: none,
    kept: "installation",
    owner: null,
    columns: {
      id: internal("names it"),
      origin: internal("which log"),
      keys: internal("what it is signed with"),
      createdAt: internal("since when"),
      size: internal("how many entries it had"),
      note: internal("its statement"),
      cosignedAt: internal("when that was confirmed"),
    },
  }),
  declare(dataKeys, {
    purpose: "keys that personal data in the log is encrypted under",
    basis: duty,
    kept: "keys",
    owner: null,
    columns: {
      id: "names the key",
      subject: "whose it is: an account's id, or a keyed hash of an address",
      wrapped: secret("the key"),
      createdAt: "since when",
    },
  }),
  declare(erasures, {
    purpose: "who was erased, so that no backup brings them back",
    basis: duty,
    kept: "installation",
    owner: null,
    columns: {
      id: "names the certificate",
      erasedId: "an id that means nothing any more",
      cause: "who asked for it",
      erasedAt: "when",
      cleanedAt: "when nothing was left on the disk",
      facts: "what the certificate says",
      certificate: "the certificate",
    },
  }),
  declare(exports, {
    purpose: "copies of their own data that people asked for",
    basis: contract,
    kept: "exports",
    owner: "userId",
    columns: {
      id: "names the copy",
      userId: "whose it is",
      requestedAt: "when it was asked for",
      rowsDone: "how far it is",
      rowsTotal: "of how much",
      sizeBytes: "how large it is",
      finishedAt: "when it was done",
      failedAt: "when it failed",
      expiresAt: "when it is deleted",
      ticketHash: secret("finds the link"),
      ticketExpiresAt: "until when the link works",
    },
  }),
  declare(exportPieces, {
    purpose: "the bytes of such copies",
    basis: contract,
    kept: "exports",
    owner: null,
    columns: {
      userId: "whose",
      exportId: "of which copy",
      place: "where in it",
      sealed: secret("the bytes, encrypted"),
    },
  }),
  declare(jobs, {
    purpose: "work that waits, mails among it",
    basis: contract,
    kept: "jobs",
    owner: null,
    columns: {
      id: internal("names it"),
      queue: internal("what kind of work"),
      key: internal("keeps it from being there twice"),
      turn: internal("what it must wait for"),
      payload: secret("what to do, encrypted"),
      createdAt: internal("since when"),
      runAt: internal("when it is due"),
      attempts: internal("how often it was tried"),
      lockedUntil: internal("who is at it"),
      lastError: internal("why it failed"),
      failedAt: internal("when it was given up"),
    },
  }),
  declare(fingerprintKey, {
    purpose: "tells in the audit log that a secret changed, and not which it is",
    basis: none,
    kept: "installation",
    owner: null,
    columns: { one: internal("that there is one row"), key: secret("a random key") },
  }),
  declare(limitOverrides, {
    purpose: "limits that an administrator changed",
    basis: none,
    kept: "installation",
    owner: null,
    columns: {
      name: internal("which limit"),
      points: internal("how many"),
      durationSeconds: internal("within which time"),
      changedAt: internal("when"),
    },
  }),
];
