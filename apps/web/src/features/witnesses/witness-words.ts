import type { Assurance, AssuranceLevel, WitnessKind } from "@muniment/shared/witnesses.ts";
import type { Tone } from "../../ui/badge.tsx";

export const kindWords = {
  witness: "Witness",
  webhook: "Webhook",
  email: "Mailbox",
  bucket: "Bucket",
  file: "File",
} as const satisfies Record<WitnessKind, string>;

/** What each level means, and which tone it has. */
export const levelWords = {
  detecting: {
    tone: "warn",
    meaning:
      "Changes in the database are detected as long as nobody has the signing key. Whoever has both could write the log anew, and an older backup would look whole.",
  },
  evident: {
    tone: "info",
    meaning:
      "Checkpoints are kept where the database's administrator cannot reach. A rewritten log contradicts them, for whoever compares.",
  },
  witnessed: {
    tone: "ok",
    meaning:
      "A witness checks that every checkpoint extends the one before, and cosigns it. A rewritten log finds no cosignature.",
  },
} as const satisfies Record<AssuranceLevel, { tone: Tone; meaning: string }>;

const entry = (index: number) => `entry ${index.toLocaleString("en")}`;

/** From which entry on nothing outside confirms the log. */
export function reachOf({ size, evidentTo, witnessedTo }: Assurance): string {
  if (size === 0) return "The log has no entries yet.";
  const outside =
    evidentTo >= size
      ? "All entries are kept outside."
      : `Nothing outside confirms the log from ${entry(evidentTo)} on.`;
  if (witnessedTo === 0) return outside;
  const cosigned =
    witnessedTo >= size ? "all entries" : `the entries before ${witnessedTo.toLocaleString("en")}`;
  return `${outside} A witness cosigned ${cosigned}.`;
}
