import type { CheckStatus } from "@muniment/shared/posture.ts";
import type { Tone } from "../../ui/badge.tsx";

type Words = { tone: Tone; word: string; tab: string; none: string };

export const statusWords = {
  fail: { tone: "danger", word: "fails", tab: "Failing", none: "Nothing fails" },
  warn: { tone: "warn", word: "warning", tab: "Warnings", none: "Nothing to be warned of" },
  pass: { tone: "ok", word: "passes", tab: "Passing", none: "Nothing passes" },
  skip: { tone: "neutral", word: "skipped", tab: "Skipped", none: "Nothing was skipped" },
} as const satisfies Record<CheckStatus, Words>;
