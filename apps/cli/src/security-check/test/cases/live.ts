import type { LiveDatabase } from "@muniment/api/posture/gather/live-database.ts";
import { type Break, byDatabase, byFacts, type Cases } from "../case.ts";

const day = 86_400_000;
const now = Date.parse("2026-11-21T12:00:00Z");

type Keys = NonNullable<LiveDatabase["apiKeys"]>;
const keys = (over: Partial<Keys>): Break =>
  byDatabase((database) => {
    if (database.apiKeys) Object.assign(database.apiKeys, over);
  }, "warn");

type Witness = LiveDatabase["witnesses"][number];
const witness = (over: Partial<Witness>, status: "warn" | "fail"): Break =>
  byDatabase(({ witnesses }) => {
    for (const one of witnesses) Object.assign(one, over);
  }, status);

type Name = "publicUrl" | "database" | "redis";
const certificate = (name: Name, from: string, to: string, status: "warn" | "fail"): Break =>
  byFacts(({ certificates }) => {
    certificates[name] = { from: new Date(from), to: new Date(to) };
  }, status);
const unseen = (name: Name, problem: string, status: "warn" | "fail"): Break =>
  byFacts(({ certificates }) => {
    certificates[name] = { problem };
  }, status);

const certificateBreaks = (name: Name) => ({
  breaks: {
    expired: certificate(name, "2026-08-01", "2026-11-21", "fail"),
    "expired, so that nothing connects": unseen(name, "CERT_HAS_EXPIRED", "fail"),
    "not renewed in time": certificate(name, "2026-09-01", "2026-12-01", "warn"),
    "of ten years, at its end": certificate(name, "2016-12-20", "2026-12-20", "warn"),
    "of a day, at its end": certificate(name, "2026-11-20T16:00Z", "2026-11-21T16:00Z", "warn"),
    "of an unknown authority": unseen(name, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "warn"),
    "for another name": unseen(name, "ERR_TLS_CERT_ALTNAME_INVALID", "warn"),
  },
});

/** What changes while an installation runs. */
export const liveCases: Cases = {
  "backups.recent": {
    breaks: {
      none: byDatabase((database) => {
        database.lastBackupAt = null;
      }, "warn"),
      "of the week before": byDatabase((database) => {
        database.lastBackupAt = new Date(now - 8 * day);
      }, "warn"),
    },
  },
  "accounts.administrator-count": {
    breaks: {
      "one alone": byDatabase((database) => {
        database.administrators = 1;
      }, "warn"),
      many: byDatabase((database) => {
        database.administrators = 6;
      }, "warn"),
    },
  },
  "accounts.second-factors": {
    breaks: {
      "one has none": byDatabase(({ privileged }) => {
        privileged.withoutSecondFactor = 1;
      }, "warn"),
    },
  },
  "keys.expiry": { breaks: { "one never expires": keys({ unending: 1 }) } },
  "keys.unused": { breaks: { "one is not used": keys({ unused: 1 }) } },
  "keys.networks": { breaks: { "one works from everywhere": keys({ anywhere: 1 }) } },
  "audit.sealed": {
    prepare: {
      facts: ({ database: { live } }) => {
        if ("database" in live) live.database.unsealedSince = new Date(now - 1000);
      },
    },
    breaks: {
      "one waits": byDatabase((database) => {
        database.unsealedSince = new Date(now - 600_000);
      }),
    },
  },
  "audit.assurance": {
    breaks: {
      "there is no witness": byDatabase((database) => {
        database.witnesses = [];
      }, "warn"),
      "nothing has arrived for a day": witness({ nextAt: new Date(now - day) }, "warn"),
      "nothing has ever arrived": witness({ confirmedSize: 0 }, "warn"),
      "the only one contradicts": witness({ contradicts: true }, "warn"),
    },
  },
  "audit.witnesses": {
    breaks: {
      "one cannot be reached": witness({ failingSince: new Date(now - 2 * 3_600_000) }, "warn"),
      "one contradicts": witness({ contradicts: true }, "fail"),
    },
  },
  "alerts.unresolved": {
    breaks: {
      "one is old": byDatabase((database) => {
        database.oldAlerts = 1;
      }, "warn"),
    },
  },
  "certificates.public-url": certificateBreaks("publicUrl"),
  "certificates.database": certificateBreaks("database"),
  "certificates.redis": certificateBreaks("redis"),
};
