/**
 * How long rows are kept, each with what enforces it: a function of the database, a job's queue, or
 * `erasure` where only the account's end does. `processing.test.ts` holds that these exist, and
 * `apps/api/test/retention.test.ts` that each does what is said.
 */
export const retentions = {
  account: { text: "until the account is erased, or its owner deletes it", by: "erasure" },
  events: {
    text: "as long as the user keeps events; or as the instance does (EVENT_RETENTION_DAYS), after which they are hidden at once and gone with the rest of their month, or of their year where that is long past; at most until the account is erased",
    by: "expire-events",
  },
  sessions: {
    text: "until it ends, at most SESSION_MAX_S or REFRESH_TOKEN_TTL_S",
    by: "delete_expired_sessions",
  },
  links: { text: "until it is used or expires, three days at most", by: "delete_expired_links" },
  challenges: { text: "until it is used or expires, minutes", by: "delete_expired_challenges" },
  signIns: { text: "90 days", by: "delete_old_sign_ins" },
  notices: { text: "90 days", by: "delete_old_notices" },
  firings: { text: "90 days after the rule fell quiet", by: "delete_old_notices" },
  uploads: {
    text: "until its owner deletes it or the event beside which it is kept is gone, at most until the account is erased",
    by: "delete_uploads_of_gone_events",
  },
  files: { text: "until the file is deleted", by: "delete-files" },
  takenOut: { text: "90 days", by: "delete_old_exports" },
  broughtIn: {
    text: "90 days, or until it is imported or given up where that is later",
    by: "delete_old_imports",
  },
  importing: { text: "until it is imported, or given up", by: "give_up_imports" },
  exports: { text: "until it expires, seven days", by: "delete_expired_exports" },
  minutes: { text: "a minute or two, then it becomes an entry of the log", by: "close-refusals" },
  keys: {
    text: "until the account is erased; of people without an account 180 days",
    by: "expire-data-keys",
  },
  alerts: {
    text: "90 days after an administrator was done with it, and a year after it was last seen at most; addresses in it, and what is about nothing but an address, 30 days after it was last seen",
    by: "delete_old_alerts",
  },
  sightings: { text: "a day", by: "delete_old_sightings" },
  keyPlaces: {
    text: "90 days after the key was last used there, at most as long as the key",
    by: "delete_old_sightings",
  },
  jobs: {
    text: "until the work is done, or the person is erased; 30 days where it was given up",
    by: "delete-given-up-jobs",
  },
  log: {
    text: "as long as the log; what is personal in it can be read until its key is destroyed",
    by: "expire-data-keys",
  },
  installation: { text: "as long as the installation", by: "erasure" },
} as const;

export type Retention = keyof typeof retentions;
