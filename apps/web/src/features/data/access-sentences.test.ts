import { expect, test } from "vitest";
import { sentenceOf } from "./access-sentences.ts";

/** All that note whose data they showed (`readsOthers`). */
const procedures = [
  "alerts.list",
  "audit.evidence",
  "audit.get",
  "audit.search",
  "audit.timeseries",
  "users.get",
  "users.invitations",
  "users.list",
  "users.sessions",
];
const looked = (procedure: string, everyone: boolean) =>
  sentenceOf({ action: "data.read", procedure, everyone });

test.each(procedures)(
  "%s is told in words, and as no more than possible where it showed many",
  (procedure) => {
    expect(looked(procedure, false)).toMatch(/\byour?\b/);
    expect(looked(procedure, false)).not.toMatch(/perhaps|may/);
    expect(looked(procedure, true)).toMatch(/perhaps .*\byou|you may be/);
    for (const everyone of [false, true])
      expect(looked(procedure, everyone)).not.toContain(procedure);
  },
);
